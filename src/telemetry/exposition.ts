import { families, type Family, type Sample } from "./families.ts"
import { labelText, type Histogram, type Totals } from "./Totals.ts"

/** The part of a series between its braces, and a comma if more follows. */
const inside = (series: string, name: string): string => {
  const labels = series.slice(name.length + 1, -1)
  return labels === "" ? "" : `${labels},`
}

const histogramLines = (
  name: string,
  series: string,
  { buckets, sum }: Histogram,
  bounds: ReadonlyArray<number>
): ReadonlyArray<string> => {
  const labels = series.slice(name.length)
  let count = 0
  const lines = [...bounds, "+Inf"].map((bound, index) => {
    count += buckets[index] ?? 0
    return `${name}_bucket{${inside(series, name)}le="${bound}"} ${count}`
  })
  return [...lines, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${count}`]
}

const isOf =
  (name: string) =>
  ([series]: readonly [series: string, value: unknown]): boolean =>
    series === name || series.startsWith(`${name}{`)

const linesOf = (name: string, { bounds }: Family, totals: Totals, gauges: ReadonlyArray<Sample>) => [
  ...gauges.filter(({ family }) => family === name).map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
  ...Object.entries(totals.counters)
    .filter(isOf(name))
    .map(([series, value]) => `${series} ${value}`),
  ...Object.entries(totals.histograms)
    .filter(isOf(name))
    .filter(([, { buckets }]) => buckets.length === (bounds?.length ?? 0) + 1)
    .flatMap(([series, histogram]) => histogramLines(name, series, histogram, bounds ?? []))
]

/** The line of a sample with one more label. */
const labelled = (line: string, label: string): string =>
  line.replace(/^(\w+)(?:\{(.*)\})? (\S+)$/, (_, name: string, labels: string | undefined, value: string) => {
    const all = labels === undefined ? label : `${label},${labels}`
    return `${name}{${all}} ${value}`
  })

/**
 * Totals and gauges in the text format of Prometheus. A family without values is left out. `repository`: a label of every sample,
 * because one host may have the files of several repositories.
 *
 * @example
 * exposition(totals, gaugesOf(facts), "app") // nightly_dispatch_runs_total{repository="app",exit="0"} 1 …
 */
export const exposition = (totals: Totals, gauges: ReadonlyArray<Sample>, repository: string | undefined): string => {
  const label = repository === undefined ? undefined : labelText([["repository", repository]]).slice(1, -1)
  return families
    .flatMap(([name, family]) => {
      const lines = linesOf(name, family, totals, gauges).map((line) =>
        label === undefined ? line : labelled(line, label)
      )
      return lines.length === 0 ? [] : [`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.kind}`].concat(lines)
    })
    .map((line) => `${line}\n`)
    .join("")
}
