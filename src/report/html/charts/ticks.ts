import { DateTime } from "effect"
import { zoned, type Zone } from "../../../domain/times.ts"

const HOUR = 3_600_000
/** Milliseconds. Each is a part of a day, so that labels are round. */
const STEPS = [1 / 12, 1 / 4, 1 / 2, 1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR)
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

/**
 * Times with a round clock between two times, at most `most` of them. Milliseconds since the epoch.
 *
 * @example
 * timeTicks({ from, until }, zone, 6) // 22:00, 00:00, 02:00 …
 */
export const timeTicks = (
  { from, until }: { readonly from: number; readonly until: number },
  zone: Zone,
  most: number
): ReadonlyArray<number> => {
  const offset = DateTime.zonedOffset(zoned(from, zone))
  const step = STEPS.find((step) => (until - from) / step < most) ?? (until - from) / most
  const first = Math.ceil((from + offset) / step) * step - offset
  const count = Math.floor((until - first) / step) + 1
  return Array.from({ length: Math.max(0, count) }, (_, at) => first + at * step)
}

/** Whole numbers from 0 up to at least `highest`: at most six, so that their lines stay apart. */
export const countTicks = (highest: number): ReadonlyArray<number> => {
  const step = COUNTS.find((step) => highest / step <= 4) ?? Math.ceil(highest / 4)
  return Array.from({ length: Math.max(1, Math.ceil(highest / step)) + 1 }, (_, at) => at * step)
}

/** The places of at most `most` labels below `count` bars; the last bar has one. */
export const labelled = (count: number, most: number): ReadonlyArray<number> => {
  const step = Math.ceil(count / most)
  return Array.from({ length: count }, (_, at) => at).filter((at) => (count - 1 - at) % step === 0)
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** `2026-11-25` for a person, in few letters: `25 Nov`. */
export const shortDay = (date: string): string => {
  const [, month, day] = date.split("-").map(Number)
  return `${day ?? ""} ${MONTHS[(month ?? 1) - 1] ?? ""}`
}
