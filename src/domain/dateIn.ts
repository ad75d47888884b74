import { DateTime, Option } from "effect"

/** How a date is written, and a time of the day behind it. */
export const DATE = /^\s*\d{4}-\d\d-\d\d\s*$/
export const DATE_AND_TIME = /^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?\s*$/

/**
 * When a date begins in this zone, or when it is this time of it; `None` if the calendar has no such date. Milliseconds since the
 * epoch. `text`: as `DATE` or `DATE_AND_TIME` has it.
 *
 * @example
 * dateIn("2026-11-01 06:00", zone)
 */
export const dateIn = (text: string, zone: DateTime.TimeZone): Option.Option<number> => {
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = text
    .trim()
    .split(/[-T: ]/)
    .map(Number)
  if (hours > 23 || minutes > 59 || seconds > 59) return Option.none()
  const parts = { year, month, day, hours, minutes, seconds }
  const made = DateTime.makeZoned(parts, { timeZone: zone, adjustForTimeZone: true })
  // A 31st of February would become a day of March.
  return Option.map(
    Option.filter(made, (date) => DateTime.formatIsoDate(date) === text.trim().slice(0, 10)),
    DateTime.toEpochMillis
  )
}
