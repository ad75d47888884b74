import { Either, Option, type DateTime } from "effect"
import { DATE, dateIn } from "../../domain/dateIn.ts"
import { beginOfNights } from "../../domain/night.ts"
import { oneLine } from "../../domain/Text.ts"

const EXAMPLES = "30d, 48h, 2w or a date such as 2026-11-01"
/** 27 years. */
const MOST_DAYS = 10_000

const wrong = (text: string, why: string): Either.Either<never, string> =>
  Either.left(`"${oneLine(text, 60)}" ${why}; expected ${EXAMPLES}`)

/**
 * When a window begins that reaches until now. Days and weeks are whole nights, of which the one that `now` is in is the last; a
 * date begins at midnight. Left: what is wrong, with examples. Milliseconds since the epoch.
 *
 * @example
 * parseSince("30d", { now, zone })
 */
export const parseSince = (
  text: string,
  { now, zone }: { readonly now: number; readonly zone: DateTime.TimeZone }
): Either.Either<number, string> => {
  const length = /^\s*(\d{1,6})\s*([hdw])\s*$/i.exec(text)
  if (length !== null) {
    const count = Number(length[1])
    const unit = length[2]?.toLowerCase()
    const hours = count * { h: 1, d: 24, w: 168 }[unit === "h" || unit === "w" ? unit : "d"]
    if (hours === 0) return wrong(text, "is no time")
    if (hours > MOST_DAYS * 24) return wrong(text, "is longer than any journal")
    return Either.right(unit === "h" ? now - hours * 3_600_000 : beginOfNights(hours / 24, now, zone))
  }
  if (!DATE.test(text)) return wrong(text, "is no length of time and no date")
  const date = dateIn(text, zone)
  if (Option.isNone(date)) return wrong(text, "is no date of the calendar")
  if (now - date.value > MOST_DAYS * 86_400_000) return wrong(text, "is longer ago than any journal")
  return date.value < now ? Either.right(date.value) : wrong(text, "has not come yet")
}
