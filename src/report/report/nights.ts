import { DateTime } from "effect"

/** From noon to noon, so that one night's runs stand together. Milliseconds since the epoch; `until` is not in it. */
export interface Night {
  /** The day on whose noon it begins: `2026-11-25`. */
  readonly date: string
  readonly from: number
  readonly until: number
}

/** Nobody reads more. A journal keeps 400 days unless it is told otherwise. */
const MOST_NIGHTS = 10_000

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

/**
 * The nights from `since` to `until`, oldest first. The first may have begun before `since`.
 *
 * @example
 * nightsIn({ since, until: now }, zone).map(({ date }) => date) // ["2026-11-24", "2026-11-25"]
 */
export const nightsIn = (
  { since, until }: { readonly since: number; readonly until: number },
  zone: DateTime.TimeZone
): ReadonlyArray<Night> => {
  const nights: Array<Night> = []
  for (let at = since; at < until && nights.length < MOST_NIGHTS;) {
    const night = nightAt(at, zone)
    nights.push(night)
    at = night.until
  }
  return nights
}

/** The place among these nights (oldest first) of the one that `at` is in; what was before them is taken to the first. */
export const placeOf = (nights: ReadonlyArray<Night>, at: number): number => {
  let [low, high] = [0, nights.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((nights[middle]?.from ?? Number.POSITIVE_INFINITY) <= at) low = middle
    else high = middle - 1
  }
  return low
}
