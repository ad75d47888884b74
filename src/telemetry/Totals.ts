import { Schema } from "effect"
import type { Count } from "./eventCounts.ts"
import { familyOf, type Sample } from "./families.ts"

const NonNegative = Schema.JsonNumber.pipe(Schema.nonNegative())

const Histogram = Schema.Struct({
  /** By bucket, not summed up; the last one is that of all larger values. */
  buckets: Schema.Array(NonNegative),
  sum: NonNegative
})
export type Histogram = typeof Histogram.Type

/**
 * What all processes of one state directory have counted so far. The keys are series: `name{label="value"}`. Prometheus knows what
 * it means when they start at 0 again.
 */
export const Totals = Schema.Struct({
  version: Schema.Literal(1),
  counters: Schema.Record({ key: Schema.String, value: NonNegative }),
  histograms: Schema.Record({ key: Schema.String, value: Histogram }),
  /** The last things that count only once: see `Count`. */
  counted: Schema.Array(Schema.String)
})
export type Totals = typeof Totals.Type

export const NO_TOTALS: Totals = { version: 1, counters: {}, histograms: {}, counted: [] }

/** A job's end is told by who settles it and by the next run. Far fewer jobs end between the two. */
const REMEMBERED = 1000

const escaped = (value: string): string => value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")

/** Labels as Prometheus writes them: `{exit="0"}`; empty without labels. */
export const labelText = (labels: Sample["labels"]): string =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`

const observed = (before: Histogram | undefined, bounds: ReadonlyArray<number>, value: number): Histogram => {
  const buckets = [...bounds.map(() => 0), 0]
  // A version with other bounds has written it. Its counts cannot be told apart by ours.
  const known = before?.buckets.length === buckets.length ? before : { buckets, sum: 0 }
  const at = bounds.findIndex((bound) => value <= bound)
  const index = at < 0 ? bounds.length : at
  return {
    buckets: known.buckets.map((count, bucket) => (bucket === index ? count + 1 : count)),
    sum: known.sum + value
  }
}

/** The totals with these counts. `added`: the counts that had not been counted before. */
export const withCounts = (
  totals: Totals,
  counts: ReadonlyArray<Count>
): { readonly totals: Totals; readonly added: ReadonlyArray<Count> } => {
  const seen = new Set(totals.counted)
  const added = counts.filter(({ once }) => {
    const isNew = once === undefined || !seen.has(once)
    if (once !== undefined) seen.add(once)
    return isNew
  })
  const counters = { ...totals.counters }
  const histograms = { ...totals.histograms }
  for (const { family, labels, value } of added.flatMap(({ samples }) => samples)) {
    const series = `${family}${labelText(labels)}`
    const { bounds } = familyOf(family)
    // A clock that was set back must not make a total smaller.
    const growth = Math.max(0, value)
    if (bounds === undefined) counters[series] = (counters[series] ?? 0) + growth
    else histograms[series] = observed(histograms[series], bounds, growth)
  }
  return { totals: { version: 1, counters, histograms, counted: [...seen].slice(-REMEMBERED) }, added }
}
