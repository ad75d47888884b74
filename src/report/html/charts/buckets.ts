import type { NightFigures } from "../../report/reportSchema.ts"

/** One or several nights that share a bar. */
export interface Bucket extends Pick<NightFigures, "runs" | "badRuns" | "missed" | "good" | "failed" | "stalled"> {
  /** The first and the last night: `2026-11-25`. */
  readonly first: string
  readonly last: string
}

/** Nights that may share a bar: one, a week, four weeks and so on. */
const LENGTHS = [1, 7, 28, 91, 364, 1820] as const

const bucketOf = (nights: ReadonlyArray<NightFigures>): Bucket => {
  const sum = (of: (night: NightFigures) => number) => nights.reduce((all, night) => all + of(night), 0)
  return {
    first: nights[0]?.date ?? "",
    last: nights.at(-1)?.date ?? "",
    runs: sum(({ runs }) => runs),
    badRuns: sum(({ badRuns }) => badRuns),
    missed: sum(({ missed }) => missed),
    good: sum(({ good }) => good),
    failed: sum(({ failed }) => failed),
    stalled: sum(({ stalled }) => stalled)
  }
}

/**
 * At most `most` bars for these nights, oldest first. Each but the first is of the same number of nights: `length`.
 *
 * @example
 * bucketsOf(view.nights, 31) // { length: 1, buckets: […] }
 */
export const bucketsOf = (
  nights: ReadonlyArray<NightFigures>,
  most: number
): { readonly length: number; readonly buckets: ReadonlyArray<Bucket> } => {
  const length = LENGTHS.find((length) => nights.length / length <= most) ?? LENGTHS[5]
  const first = nights.length % length
  const starts = Array.from({ length: Math.floor(nights.length / length) }, (_, at) => first + at * length)
  return {
    length,
    buckets: [
      ...(first === 0 ? [] : [bucketOf(nights.slice(0, first))]),
      ...starts.map((at) => bucketOf(nights.slice(at, at + length)))
    ]
  }
}
