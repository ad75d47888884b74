import { DateTime } from "effect"
import type { Zone } from "./times.ts"

/**
 * The zone of this host. `Date` knows its offset at any time at once; a zone by name loads the tables of `Intl` first, which
 * takes longer than the rest of a view.
 */
export const localZone: Zone = (at) => {
  // eslint-disable-next-line no-restricted-globals -- a pure function of `at`: it reads no clock
  const minutes = new Date(at).getTimezoneOffset()
  return DateTime.zoneMakeOffset(-minutes * 60_000)
}
