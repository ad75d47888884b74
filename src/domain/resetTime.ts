import { DateTime, Duration, Option } from "effect"
import type { Zone } from "./times.ts"

/** Characters of a text that are read. */
const LENGTH = 8192
/** A time further ahead is taken for a mistake. The longest limits that agents have are for a week. */
const LONGEST_WAIT = Duration.days(8)
/** A time of day that passed so short a time ago is over. One that passed earlier is meant for tomorrow. */
const JUST_OVER = Duration.hours(1)

const KEYWORD = /\b(?:resets?|retry|try again|resume|reached(?=\|))/gi
/** Between the keyword and the time: `-after": "`, `s_in_seconds":`, ` at `. */
const FILLER = /^(?:[-_]?(?:at|after|in|delay|on|again|time|seconds|ms)|using this model|[\s"'`\\:=|,·∙])*/i
/** Characters of the longest time, with its zone. */
const TIME_LENGTH = 80

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
const UNIT = "ms|milliseconds?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?"
const PART = new RegExp(String.raw`^[\s,]*(?:and )?(\d{1,9}(?:\.\d{1,9})?)\s?(${UNIT})(?![a-z])`, "i")

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const MONTH = `(?<month>${MONTHS.join("|")})[a-z]{0,6}`
const CLOCK = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d{2}))?(?::\d{2})?\s?(?<half>[ap]m)?(?![\d:a-z])`
const ZONE = String.raw`(?:\s?\(?(?<zone>[A-Z][A-Za-z_]{1,20}(?:\/[A-Za-z0-9_+\/-]{1,30})?)\)?)?`
const DATES: ReadonlyArray<RegExp> = [
  // Of the header `Retry-After`.
  new RegExp(
    String.raw`^(?:[a-z]{3}, )?(?<day>\d{1,2}) ${MONTH} (?<year>\d{4}) (?<hour>\d{2}):(?<minute>\d{2}):\d{2} (?<zone>GMT|UTC)`,
    "i"
  ),
  new RegExp(
    String.raw`^${MONTH} (?<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?<year>\d{4}))?(?:,? (?:at )?${CLOCK})?${ZONE}`,
    "i"
  ),
  new RegExp(`^${CLOCK}${ZONE}`, "i")
]
const ISO =
  /^(?<date>\d{4}-\d{2}-\d{2})[T ](?<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?\s?(?<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?/

interface Place {
  readonly now: number
  readonly zone: Zone
}

const millisOf = Option.map(({ epochMillis }: DateTime.DateTime) => epochMillis)

const byIso = (text: string, { now, zone }: Place): number | undefined => {
  const { date, offset, time } = ISO.exec(text)?.groups ?? {}
  if (date === undefined || time === undefined) return undefined
  const utc = DateTime.make(`${date}T${time}${offset?.replace(/UTC|GMT/, "Z") ?? "Z"}`)
  if (offset !== undefined || Option.isNone(utc)) return Option.getOrUndefined(millisOf(utc))
  return Option.getOrUndefined(
    millisOf(DateTime.makeZoned(utc.value, { timeZone: zone(now), adjustForTimeZone: true }))
  )
}

/** 0 to 23; `undefined` for what is no hour. Without `am` or `pm` an hour needs its minutes. */
const hourOf = (hour: string, minute: string | undefined, half: string | undefined): number | undefined => {
  const count = Number(hour)
  if (half === undefined) return minute === undefined || count > 23 ? undefined : count
  return count < 1 || count > 12 ? undefined : (count % 12) + (half.toLowerCase() === "pm" ? 12 : 0)
}

const byDate = (text: string, { now, zone }: Place): number | undefined => {
  const groups = DATES.map((pattern) => pattern.exec(text)?.groups).find((found) => found !== undefined)
  if (groups === undefined) return undefined
  const { day, half, hour = "0", minute, month, year, zone: name = "" } = groups
  const hours = month === undefined ? hourOf(hour, minute, half) : (hourOf(hour, minute, half) ?? 0)
  const minutes = Number(minute ?? 0)
  if (hours === undefined || minutes > 59) return undefined
  const timeZone = Option.getOrElse(DateTime.zoneFromString(name === "GMT" ? "UTC" : name), () => zone(now))
  const today = DateTime.unsafeMakeZoned(now, { timeZone })
  const named =
    month === undefined
      ? {}
      : { month: MONTHS.indexOf(month.toLowerCase()) + 1, day: Number(day), ...(year && { year: Number(year) }) }
  const at = DateTime.setParts(today, { ...named, hours, minutes, seconds: 0, millis: 0 })
  if (month !== undefined) {
    const isOfNextYear = year === undefined && at.epochMillis < now - Duration.toMillis(Duration.days(1))
    return (isOfNextYear ? DateTime.add(at, { years: 1 }) : at).epochMillis
  }
  const isOfTomorrow = at.epochMillis < now - Duration.toMillis(JUST_OVER)
  return (isOfTomorrow ? DateTime.add(at, { days: 1 }) : at).epochMillis
}

const byLength = (text: string, { now }: Place): number | undefined => {
  let [rest, sum] = [text, 0]
  for (let part = PART.exec(rest); part !== null; part = PART.exec(rest)) {
    const [all, count = "", unit = ""] = part
    sum += Number(count) * (UNITS[/^(?:ms|milli)/i.test(unit) ? "ms" : unit.charAt(0).toLowerCase()] ?? 0)
    rest = rest.slice(all.length)
  }
  return rest === text ? undefined : now + Math.ceil(sum)
}

/** A number alone: seconds or milliseconds since the epoch, else seconds from now; after `ms`, milliseconds from now. */
const byNumber = (text: string, { now }: Place, inMillis: boolean): number | undefined => {
  const [, digits] = /^(\d{1,13})(?:\.\d{1,9})?(?![\d.]*\s?[\w:/-])/.exec(text) ?? []
  if (digits === undefined) return undefined
  const count = Number(digits)
  if (digits.length === 13) return count
  return digits.length === 10 ? count * 1000 : now + count * (inMillis ? 1 : 1000)
}

/**
 * Until when a limit holds, in milliseconds since the epoch, as the words of a service or an agent say: `Retry-After: 120`,
 * `try again in 6m0s`, `resets 3pm (Europe/Berlin)`, `limit reached|1732723200`. The first time that is named counts. `undefined`
 * if none is named, if it is over, or if it is more than 8 days ahead. A time without a zone is of `zone`. Accepts any text.
 *
 * @example
 * resetTime("5-hour limit reached ∙ resets 3pm", now, localZone)
 */
export const resetTime = (text: string, now: number, zone: Zone): number | undefined => {
  const read = text.slice(0, LENGTH)
  for (const keyword of read.matchAll(KEYWORD)) {
    const from = keyword.index + keyword[0].length
    const after = read.slice(from, from + TIME_LENGTH)
    const filler = FILLER.exec(after)?.[0] ?? ""
    const time = after.slice(filler.length)
    const place = { now, zone }
    const at =
      byIso(time, place) ?? byDate(time, place) ?? byLength(time, place) ?? byNumber(time, place, /ms/i.test(filler))
    if (at !== undefined && at > now && at - now <= Duration.toMillis(LONGEST_WAIT)) return at
  }
  return undefined
}
