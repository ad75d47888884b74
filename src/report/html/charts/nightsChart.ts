import * as Plot from "@observablehq/plot"
import type { ReportView } from "../../report/reportSchema.ts"
import { counts, dotted, many } from "../../report/words.ts"
import type { Html } from "../Html.ts"
import { bucketsOf, type Bucket } from "./buckets.ts"
import { drawn, type Drawing, type Size } from "./draw.ts"
import { countTicks, labelled, shortDay } from "./ticks.ts"

export const MOST_BARS: Readonly<Record<Size, number>> = { narrow: 31, medium: 62, wide: 92 }
const MOST_LABELS: Readonly<Record<Size, number>> = { narrow: 5, medium: 9, wide: 14 }
const LEFT = 30
/** Half of the last label. */
const RIGHT = 14
/** Wider bars look like blocks. */
const WIDEST_BAR = 44
/** Of a row of signs below the bars. */
const ROW = 14

const named = ({ first, last }: Bucket): string =>
  first === last ? `Night of ${first}` : `Nights of ${first} – ${last}`

/** What one bar says, in words: shown where a mouse points at it. */
export const barWords = (bar: Bucket): string =>
  `${named(bar)}: ${dotted([
    many(bar.runs, "run"),
    counts([
      [bar.missed, "missed"],
      [bar.badRuns, "of them failed"]
    ]),
    counts([
      [bar.good, "succeeded"],
      [bar.failed - bar.stalled, "failed"],
      [bar.stalled, "stalled"]
    ]) || "no job"
  ])}`

interface Part {
  readonly at: number
  readonly from: number
  readonly to: number
  readonly words: string
}

/** The parts of all bars that are of one kind, on top of what is below them. */
const parts = (
  bars: ReadonlyArray<Bucket>,
  below: (bar: Bucket) => number,
  height: (bar: Bucket) => number
): ReadonlyArray<Part> =>
  bars.flatMap((bar, at) =>
    height(bar) === 0 ? [] : [{ at, from: below(bar), to: below(bar) + height(bar), words: barWords(bar) }]
  )

const drawing = (view: ReportView, size: Size, width: number): Drawing => {
  const { buckets: bars } = bucketsOf(view.nights, MOST_BARS[size])
  const step = (width - LEFT - RIGHT) / Math.max(1, bars.length)
  const inset = Math.max(step > 8 ? 1.5 : 0.5, (step - WIDEST_BAR) / 2)
  const ticks = countTicks(Math.max(1, ...bars.map(({ failed, good }) => good + failed)))
  const rows = [
    { className: "missed", symbol: "times", has: ({ missed }: Bucket) => missed > 0 },
    { className: "bad-run", symbol: "triangle", has: ({ badRuns }: Bucket) => badRuns > 0 },
    { className: "no-run", symbol: "circle", has: ({ missed, runs }: Bucket) => runs === 0 && missed === 0 }
  ] as const
  const used = rows.filter(({ has }) => bars.some(has))
  const bar = (className: string, all: ReadonlyArray<Part>) =>
    Plot.rect(all, {
      className,
      x1: ({ at }: Part) => at,
      x2: ({ at }: Part) => at + 1,
      y1: "from",
      y2: "to",
      insetLeft: inset,
      insetRight: inset,
      title: "words"
    })
  const signs = used.map(({ className, has, symbol }, row) =>
    Plot.dot(
      bars.flatMap((bar, at) => (has(bar) ? [{ at: at + 0.5, words: barWords(bar) }] : [])),
      {
        className,
        x: "at",
        y: 0,
        dy: (row + 0.75) * ROW,
        r: Math.min(className === "no-run" ? 1.5 : 3.5, step / 2 - 1.5),
        symbol,
        title: "words"
      }
    )
  )
  const below = used.length * ROW + 9
  return {
    height: 150 + below + 20,
    options: {
      marginTop: 12,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginBottom: below + 20,
      x: { type: "linear", domain: [0, Math.max(1, bars.length)], axis: null },
      y: { type: "linear", domain: [0, ticks.at(-1) ?? 1], axis: null },
      marks: [
        Plot.gridY(ticks, { className: "grid" }),
        Plot.axisY(ticks, { tickSize: 0, label: null, tickFormat: String, className: "tick" }),
        bar(
          "good-jobs",
          parts(
            bars,
            () => 0,
            ({ good }) => good
          )
        ),
        bar(
          "failed-jobs",
          parts(
            bars,
            ({ good }) => good,
            ({ failed, stalled }) => failed - stalled
          )
        ),
        bar(
          "stalled-jobs",
          parts(
            bars,
            ({ failed, good, stalled }) => good + failed - stalled,
            ({ stalled }) => stalled
          )
        ),
        Plot.ruleY([0], { className: "base" }),
        ...signs,
        Plot.text(labelled(bars.length, MOST_LABELS[size]), {
          className: "tick",
          x: (at: number) => at + 0.5,
          frameAnchor: "bottom",
          dy: below + 6,
          text: (at: number) => shortDay(bars[at]?.first ?? "")
        })
      ]
    }
  }
}

/** A bar for each night: jobs that succeeded, failed and stalled; below it signs for missed and failed runs. */
export const nightsChart = (view: ReportView): Html => {
  const sum = (of: (night: ReportView["nights"][number]) => number) =>
    view.nights.reduce((all, night) => all + of(night), 0)
  const stalled = sum(({ stalled }) => stalled)
  return drawn({
    id: "nights-chart",
    title: "Jobs and runs of each night",
    description: `${many(view.nights.length, "night")}: ${dotted([
      `${sum(({ good }) => good)} jobs succeeded, ${sum(({ failed }) => failed) - stalled} failed, ${stalled} stalled`,
      `${many(
        sum(({ missed }) => missed),
        "run"
      )} missed, ${sum(({ badRuns }) => badRuns)} failed`
    ])}. The table below has the numbers.`,
    draw: (size, width) => drawing(view, size, width)
  })
}
