import type { Frame } from "../Frame.ts"
import type { NightJob, ReportView } from "../report/reportSchema.ts"
import { endWord } from "../report/words.ts"
import { inWords, timeOf } from "../../domain/times.ts"
import { byBug, MOST_JOBS, timeLine } from "./charts/timeLine.ts"
import { html, nothing, type Html } from "./Html.ts"
import { swatch } from "./lists.ts"
import { asTable, day, foreign, table } from "./parts.ts"

const numbers = (jobs: ReadonlyArray<NightJob>, frame: Frame): Html =>
  table(
    "Jobs of the last night",
    [
      { head: "Bug" },
      { head: "Title" },
      { head: "Provider" },
      { head: "Began", isNumber: true },
      { head: "Took", isNumber: true },
      { head: "End" },
      { head: "Why" }
    ],
    byBug(jobs).map(({ beads, began, detail, end, provider, title, until }) => [
      foreign(beads),
      foreign(title ?? "unknown", 120),
      foreign(provider ?? "none"),
      timeOf(began, frame),
      inWords(until - began),
      endWord(end),
      foreign(detail ?? "")
    ])
  )

const ENDS: ReadonlyArray<readonly [name: string, words: string, has: (job: NightJob) => boolean]> = [
  ["good-end", "solid: succeeded", ({ end }) => end === "succeeded"],
  ["not-good", "hatched: ended in another way", ({ end }) => end !== undefined && end !== "succeeded"],
  ["running", "dashed: runs still", ({ end }) => end === undefined]
]

const legend = (jobs: ReadonlyArray<NightJob>, providers: ReadonlyArray<string>): Html => {
  const used = providers.filter((name) => jobs.some(({ provider }) => provider === name))
  return html`<ul class="legend">
    ${used.map((name) => html`<li>${swatch(name, providers)} ${foreign(name)}</li> `)}${ENDS.filter(([, , has]) =>
      jobs.some(has)
    ).map(
      ([name, words]) =>
        html`<li>
          <svg class="swatch" viewBox="0 0 14 14" aria-hidden="true">
            <g class="provider-8"><rect width="14" height="14"></rect></g>
            <g class="${name}"><rect width="14" height="14"></rect></g>
          </svg>
          ${words}
        </li> `
    )}
  </ul> `
}

/** When the jobs of the last night ran, and how they ended. */
export const lastNight = ({ lastNight: night, providers }: ReportView, frame: Frame): Html => {
  if (night === undefined) return nothing
  const { date, jobs } = night
  if (jobs.length === 0) return html`<p>No job was started in the night of ${day(date)}.</p>`
  const names = providers.map(({ provider }) => provider)
  const shown = byBug(jobs).slice(0, MOST_JOBS)
  const left = jobs.length - shown.length
  return html`<p class="note">
      The jobs that began in the night of
      ${day(date)}.${left === 0 ? "" : ` The chart leaves out ${left} of them, the table has all.`}
    </p>
    ${legend(shown, names)}
    <figure>${timeLine({ jobs, providers: names, frame })}</figure>
    ${asTable(numbers(jobs, frame))}`
}
