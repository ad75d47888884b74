import type { Frame } from "../Frame.ts"
import type { ReportView } from "../report/reportSchema.ts"
import * as words from "../report/words.ts"
import { inWords, timeOf } from "../../domain/times.ts"
import { html, nothing, type Html } from "./Html.ts"
import { command, foreign, shareBar, tag } from "./parts.ts"

/** Between the phrases of `words.dotted`. */
const DOT = " · "
/** So many missed runs are named. */
const NAMED = 5

interface Figure {
  readonly title: string
  readonly verdict: Html
  readonly number: string
  readonly unit: string
  readonly body: ReadonlyArray<Html>
}

const figure = ({ body, number, title, unit, verdict }: Figure): Html =>
  html`<article>
    <h3>${title} ${verdict}</h3>
    <p class="figure"><strong>${number}</strong> ${unit}</p>
    ${body.filter((part) => !part.isEmpty)}
  </article> `

/** Short phrases with dots between, none of which is broken. */
const phrases = (text: string): Html =>
  text === ""
    ? nothing
    : html`<p>
        ${text.split(DOT).map((phrase, at) => html`${at === 0 ? "" : DOT}<span class="phrase">${phrase}</span>`)}
      </p>`

const line = (text: string): Html => (text === "" ? nothing : html`<p>${text}</p>`)

const runVerdict = ({ runs: { judged } }: ReportView): Html => {
  if (judged === undefined) return tag("unknown", "schedule unknown")
  if (judged.missed.length > 0) return tag("bad", `${judged.missed.length} missed`)
  if (judged.due === 0) return tag("unknown", "none was due")
  return judged.late > 0 ? tag("warn", `${judged.late} late`) : tag("good", "none missed")
}

const missed = (view: ReportView, frame: Frame): string => {
  const times = view.runs.judged?.missed ?? []
  const more = times.length - NAMED
  if (times.length === 0) return ""
  return `missed: ${times
    .slice(-NAMED)
    .map((at) => timeOf(at, frame))
    .join(", ")}${more > 0 ? ` and ${more} before` : ""}`
}

const runs = (view: ReportView, frame: Frame): Html => {
  const { began, judged, unended, unjudged } = view.runs
  return figure({
    title: "Runs",
    verdict: runVerdict(view),
    number: judged === undefined ? String(began) : `${judged.came} of ${judged.due}`,
    unit: "came",
    body: [
      phrases(
        words.counts([
          [judged?.late ?? 0, "late"],
          [unended, "active or killed"]
        ])
      ),
      line(missed(view, frame)),
      phrases(words.exitWords(view)),
      unjudged === undefined ? nothing : html`<p>late and missed ones unknown: ${foreign(unjudged)}</p>`
    ]
  })
}

const jobs = (view: ReportView): Html => {
  const { ends, running, started, success } = view.jobs
  const verdict =
    success === undefined ? tag("unknown", "none has ended") : tag("unknown", `${words.percent(success)} good`)
  return figure({
    title: "Jobs",
    verdict,
    number: String(started),
    unit: "started",
    body: [
      success === undefined ? nothing : shareBar(success),
      phrases(words.counts([...ends.map(({ end, jobs }) => [jobs, words.endWord(end)] as const), [running, "running"]]))
    ]
  })
}

const goal = (view: ReportView): Html => {
  const { acknowledged, goal, started, tried } = view.jobs
  const isMet = words.meetsGoal(view)
  return figure({
    title: "Starts",
    verdict:
      isMet === undefined
        ? tag("unknown", "none was tried")
        : isMet
          ? tag("good", "goal met")
          : tag("bad", "goal missed"),
    number: acknowledged === undefined ? "0" : words.percent(acknowledged),
    unit: acknowledged === undefined ? "dispatches were tried" : "of dispatches acknowledged",
    body: [
      acknowledged === undefined ? nothing : shareBar(acknowledged, goal),
      phrases(words.dotted([tried === 0 ? "" : `${started} of ${tried}`, `goal ${words.percent(goal)}`]))
    ]
  })
}

/** If git knows of no branch that waits, but does not know some branches, the page counts these instead of saying 0. */
const reviewNumber = ({ branches, unknown, waiting }: ReportView["review"]): Pick<Figure, "number" | "unit"> => {
  const all = words.many(branches, "branch", "branches")
  if (branches === 0) return { number: "0", unit: "branches were left" }
  if (waiting === 0 && unknown > 0) return { number: String(unknown), unit: `of ${all} unknown to git` }
  return { number: String(waiting), unit: `of ${all} ${waiting === 1 ? "waits" : "wait"}` }
}

const review = (view: ReportView, frame: Frame): Html => {
  const { closed, merged, oldest, sentBack, unknown, waiting } = view.review
  const decided = words.decisionWords(view.review)
  return figure({
    title: "Review",
    verdict:
      waiting > 0
        ? tag("warn", "needs you")
        : tag(unknown > 0 ? "unknown" : "good", unknown > 0 ? `${unknown} unknown` : "none waits"),
    ...reviewNumber(view.review),
    body: [
      phrases(
        words.counts([
          [merged, "merged"],
          [closed, "closed unmerged"],
          [sentBack, "sent back"],
          [unknown, "unknown to git"]
        ])
      ),
      line(oldest === undefined ? "" : `the oldest waits for ${inWords(view.until - oldest)}`),
      phrases(decided === "" ? "" : `decided: ${decided}`),
      waiting > 0 ? html`<p>${command(`${frame.program} review`)}</p>` : nothing
    ]
  })
}

/** The four figures that a reader looks for first. */
export const figures = (view: ReportView, frame: Frame): Html =>
  html`<div class="figures">${[runs(view, frame), jobs(view), goal(view), review(view, frame)]}</div> `

/** Of an empty window: only whether runs were missed. */
export const runsOnly = (view: ReportView, frame: Frame): Html => html`<div class="figures">${runs(view, frame)}</div> `
