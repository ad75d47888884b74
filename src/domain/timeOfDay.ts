import { DateTime } from "effect"
import { zoned, type Zone } from "./times.ts"

const DAY = 86_400_000

const offsetAt = (at: number, zone: Zone): number => DateTime.zonedOffset(zoned(at, zone))

/** When it is this time of day (`07:00`) next, strictly after `now`. Milliseconds since the epoch. */
export const nextAt = (time: string, now: number, zone: Zone): number => {
  const [hours = 0, minutes = 0] = time.split(":").map(Number)
  const offset = offsetAt(now, zone)
  const midnight = Math.floor((now + offset) / DAY) * DAY
  const at = (days: number) => {
    const clock = midnight + days * DAY + hours * 3_600_000 + minutes * 60_000
    // The clocks may be changed in between, and with them the offset.
    return clock - offsetAt(clock - offset, zone)
  }
  return [at(0), at(1)].find((there) => there > now) ?? at(2)
}

/** When it was this time of day last, at or before `now`. Milliseconds since the epoch. */
export const lastAt = (time: string, now: number, zone: Zone): number => nextAt(time, now - DAY, zone)
