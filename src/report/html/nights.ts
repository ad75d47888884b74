import type { NightFigures, ReportView } from "../report/reportSchema.ts"
import { bucketsOf } from "./charts/buckets.ts"
import { SIZES } from "./charts/draw.ts"
import { MOST_BARS, nightsChart } from "./charts/nightsChart.ts"
import { html, nothing, type Html } from "./Html.ts"
import { asTable, table } from "./parts.ts"

interface Kind {
  /** A class of the chart. */
  readonly name: string
  readonly words: string
  readonly has: (night: NightFigures) => boolean
}

const JOBS: ReadonlyArray<Kind> = [
  { name: "good-jobs", words: "succeeded", has: ({ good }) => good > 0 },
  { name: "failed-jobs", words: "failed", has: ({ failed, stalled }) => failed > stalled },
  { name: "stalled-jobs", words: "stalled", has: ({ stalled }) => stalled > 0 }
]
const RUNS: ReadonlyArray<Kind> = [
  { name: "missed", words: "a run was missed", has: ({ missed }) => missed > 0 },
  { name: "bad-run", words: "a run failed", has: ({ badRuns }) => badRuns > 0 },
  { name: "no-run", words: "no run", has: ({ missed, runs }) => runs === 0 && missed === 0 }
]

const SIGNS: Readonly<Record<string, Html>> = {
  missed: html`<path d="M3,3L11,11M11,3L3,11"></path>`,
  "bad-run": html`<path d="M7,2.5L12,11H2Z"></path>`,
  "no-run": html`<path d="M5.5,7a1.5,1.5 0 1,0 3,0a1.5,1.5 0 1,0 -3,0"></path>`
}

const swatch = ({ name, words }: Kind): Html =>
  html`<li>
    <svg class="swatch" viewBox="0 0 14 14" aria-hidden="true">
      <g class="${name}">${SIGNS[name] ?? html`<rect width="14" height="14"></rect>`}</g>
    </svg>
    ${words}
  </li> `

const lengths = (view: ReportView): ReadonlyArray<Html> =>
  SIZES.map((size) => {
    const { length } = bucketsOf(view.nights, MOST_BARS[size])
    return html`<p class="note ${size}">
      Jobs that began in the night. Each bar is ${length === 1 ? "one night" : `${length} nights`}.
    </p> `
  })

const numbers = (nights: ReadonlyArray<NightFigures>): Html =>
  table(
    "Nights",
    [
      { head: "Night" },
      ...["Runs", "Missed runs", "Failed runs", "Started", "Not started", "Succeeded", "Failed", "Stalled"].map(
        (head) => ({
          head,
          isNumber: true
        })
      )
    ],
    nights
      .toReversed()
      .map((night) => [
        night.date,
        night.runs,
        night.missed,
        night.badRuns,
        night.dispatched,
        night.undispatched,
        night.good,
        night.failed - night.stalled,
        night.stalled
      ])
  )

/** The jobs and runs of each night. */
export const nights = (view: ReportView): Html => {
  const used = [...JOBS, ...RUNS].filter(({ has }) => view.nights.some(has))
  return used.length === 0
    ? nothing
    : html`${lengths(view)}
        <ul class="legend">
          ${used.map(swatch)}
        </ul>
        <figure>${nightsChart(view)}</figure>
        ${asTable(numbers(view.nights))}`
}
