import { DateTime } from "effect"

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000]
] as const

/**
 * A length of time in its two largest units, for a person.
 *
 * @example
 * inWords(5_000_000) // "1 h 23 min"
 */
export const inWords = (millis: number): string => {
  const first = UNITS.findIndex(([, size]) => millis >= size)
  if (first === -1) return "less than 1 s"
  const parts: Array<string> = []
  let rest = millis
  for (const [unit, size] of UNITS.slice(first, first + (first === UNITS.length - 1 ? 1 : 2))) {
    const count = Math.floor(rest / size)
    rest -= count * size
    // "41 min 7 s" says no more than "41 min".
    if (count > 0 && !(unit === "s" && parts.length > 0)) parts.push(`${count} ${unit}`)
  }
  return parts.join(" ")
}

/** How long ago `at` was, or how far ahead it is. Milliseconds since the epoch. */
export const agoInWords = (at: number, now: number): string => {
  const distance = Math.abs(now - at)
  if (distance < 1000) return "now"
  return at <= now ? `${inWords(distance)} ago` : `in ${inWords(distance)}`
}

/** The time zone that counts at a time (milliseconds since the epoch): a fixed offset is enough, which loads in no time. */
export type Zone = (at: number) => DateTime.TimeZone

/** This time in the zone that counts then. */
export const zoned = (at: number, zone: Zone): DateTime.Zoned => DateTime.unsafeMakeZoned(at, { timeZone: zone(at) })

const two = (value: number): string => String(value).padStart(2, "0")
const clock = ({ hours, minutes }: DateTime.DateTime.PartsWithWeekday): string => `${two(hours)}:${two(minutes)}`
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

/**
 * A time for a person: the clock if it is today, the weekday with it in the last and the next six days, else the date.
 *
 * @example
 * timeOf(at, { now, zone }) // "06:00", "Mon 23:00", "2026-10-26 23:00"
 */
export const timeOf = (at: number, { now, zone }: { readonly now: number; readonly zone: Zone }): string => {
  const [then, today] = [zoned(at, zone), zoned(now, zone)]
  const parts = DateTime.toParts(then)
  const days = Math.round(DateTime.distance(DateTime.startOf(today, "day"), DateTime.startOf(then, "day")) / 86_400_000)
  if (days === 0) return clock(parts)
  if (Math.abs(days) < 7) return `${DAYS[parts.weekDay] ?? ""} ${clock(parts)}`
  return `${parts.year}-${two(parts.month)}-${two(parts.day)} ${clock(parts)}`
}

/** A time for a person, absolute and relative: `06:00 (8 h ago)`. */
export const whenOf = (at: number, place: { readonly now: number; readonly zone: Zone }): string =>
  `${timeOf(at, place)} (${agoInWords(at, place.now)})`

/** The hours, minutes and seconds of a time: `23:00:04`. */
export const clockOf = (at: number, zone: Zone): string => {
  const parts = DateTime.toParts(zoned(at, zone))
  return `${clock(parts)}:${two(parts.seconds)}`
}
