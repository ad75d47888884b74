import type { DateTime } from "effect"
import { nightAt, type Night } from "../../domain/night.ts"

/** Nobody reads more. A journal keeps 400 days unless it is told otherwise. */
const MOST_NIGHTS = 10_000

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
