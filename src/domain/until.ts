import { DateTime, Duration, Either, Option, Schema } from "effect"
import { DATE, DATE_AND_TIME, dateIn } from "./dateIn.ts"
import { Span, spanAdvice } from "./Span.ts"
import { oneLine } from "./Text.ts"
import { nextAt } from "./timeOfDay.ts"

const EXAMPLES = "2h, 3 d, 06:00, 2026-12-01 or 2026-12-01T06:00"
/** 27 years. */
const LONGEST = 10_000 * 86_400_000

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/
/** With the zone that it is in. */
const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i

const decodeSpan = Schema.decodeUnknownOption(Span)

/** The time that a text names; `undefined` if the calendar has no such date. Left: it is none. */
const timeIn = (
  text: string,
  now: number,
  zone: DateTime.TimeZone
): Either.Either<Option.Option<number>, "no time"> => {
  const span = decodeSpan(text)
  if (Option.isSome(span)) return Either.right(Option.some(now + Duration.toMillis(span.value)))
  if (TIME_OF_DAY.test(text)) return Either.right(Option.some(nextAt(text, now, () => zone)))
  if (DATE.test(text) || DATE_AND_TIME.test(text)) return Either.right(dateIn(text, zone))
  if (INSTANT.test(text)) {
    const date = dateIn(text.slice(0, 10), zone)
    return Either.right(Option.zipRight(date, Option.map(DateTime.make(text), DateTime.toEpochMillis)))
  }
  return Either.left("no time")
}

/**
 * A time to come, as people write it: a length of time from now, the next such time of the day, or a date, which begins at midnight,
 * with or without a time and a zone. Left: what is wrong, with examples. Milliseconds since the epoch.
 *
 * @example
 * parseUntil("06:00", { now, zone }) // tomorrow at six, if it is past six
 */
export const parseUntil = (
  given: string,
  { now, zone }: { readonly now: number; readonly zone: DateTime.TimeZone }
): Either.Either<number, string> => {
  const text = given.trim()
  const wrong = (why: string, expected = `expected ${EXAMPLES}`) =>
    Either.left(`"${oneLine(text, 60)}" ${why}; ${expected}`)
  const found = timeIn(text, now, zone)
  if (Either.isLeft(found)) return wrong("is no length of time and no date", spanAdvice(text))
  if (Option.isNone(found.right)) return wrong("is no date of the calendar")
  const at = found.right.value
  if (at <= now) return wrong("is past", "expected a time to come")
  return at - now > LONGEST ? wrong("is too far ahead") : Either.right(at)
}
