import { DateTime } from "effect"

/** From noon to noon, so that one night's runs stand together. Milliseconds since the epoch; `until` is not in it. */
export interface Night {
  /** The day on whose noon it begins: `2026-11-25`. */
  readonly date: string
  readonly from: number
  readonly until: number
}

/** Noon of the day that is `days` after the day of `at`. Days that have 23 or 25 hours are no exception. */
const noonOf = (at: number, zone: DateTime.TimeZone, days = 0): DateTime.Zoned => {
  const { day, month, year } = DateTime.toParts(DateTime.unsafeMakeZoned(at, { timeZone: zone }))
  return DateTime.unsafeMakeZoned(
    { year, month, day: day + days, hours: 12 },
    { timeZone: zone, adjustForTimeZone: true }
  )
}

/** The night that `at` is in. Milliseconds since the epoch. */
export const nightAt = (at: number, zone: DateTime.TimeZone): Night => {
  const noon = noonOf(at, zone)
  const begins = DateTime.toEpochMillis(noon) <= at ? noon : noonOf(at, zone, -1)
  const from = DateTime.toEpochMillis(begins)
  return {
    date: DateTime.formatIsoDate(begins),
    from,
    until: DateTime.toEpochMillis(noonOf(from, zone, 1))
  }
}

/** The beginning of the last `count` nights, of which the night that `now` is in is the last. */
export const beginOfNights = (count: number, now: number, zone: DateTime.TimeZone): number =>
  DateTime.toEpochMillis(noonOf(nightAt(now, zone).from, zone, 1 - count))
