import { Effect, Metric, MetricBoundaries, MetricLabel } from "effect"
import type { Count } from "./eventCounts.ts"
import { familyOf, type Sample } from "./families.ts"

const update = ({ family, labels, value }: Sample): Effect.Effect<void> => {
  const { bounds, help, kind } = familyOf(family)
  const at = <Type, Out>(metric: Metric.Metric<Type, number, Out>) =>
    Metric.update(
      Metric.taggedWithLabels(
        metric,
        labels.map(([name, text]) => MetricLabel.make(name, text))
      ),
      value
    )
  if (bounds !== undefined) return at(Metric.histogram(family, MetricBoundaries.fromIterable(bounds), help))
  return kind === "gauge"
    ? at(Metric.gauge(family, { description: help }))
    : at(Metric.counter(family, { description: help, incremental: true }))
}

/** Updates Effect's metrics of this process: what OTLP exports. */
export const observeSamples = (samples: ReadonlyArray<Sample>): Effect.Effect<void> =>
  Effect.forEach(samples, update, { discard: true })

export const observe = (counts: ReadonlyArray<Count>): Effect.Effect<void> =>
  observeSamples(counts.flatMap(({ samples }) => samples))
