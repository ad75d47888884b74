import { lastAt, nextAt } from "../../domain/timeOfDay.ts"
import type { Zone } from "../../domain/times.ts"

/**
 * When the quiet hours (`22:00-07:00`) are over that `now` lies in; `now` if it lies in none. Milliseconds since the epoch.
 *
 * @example
 * loudAt("22:00-07:00", twoInTheMorning, zone) // seven in the morning
 */
export const loudAt = (quietHours: string | undefined, now: number, zone: Zone): number => {
  const [from, until] = quietHours?.split("-") ?? []
  if (from === undefined || until === undefined || from === until) return now
  const ends = nextAt(until, now, zone)
  // It is quiet if the hours do not begin again before they end.
  return nextAt(from, now, zone) > ends || lastAt(from, now, zone) === now ? ends : now
}
