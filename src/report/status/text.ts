import { EXIT } from "../../domain/exitCode.ts"
import { isOver, pauseInWords } from "../../domain/Pause.ts"
import { oneLine } from "../../domain/Text.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { paint, wrapTo } from "../text/display.ts"
import { timeOf, whenOf } from "../../domain/times.ts"
import { hostLines } from "../fleet/shownHosts.ts"
import { jobLines, leftLines, needLines, providerLines } from "./sections.ts"
import type { StatusView } from "./statusView.ts"

const [BOLD, RED, GREEN, YELLOW] = [1, 31, 32, 33]

/** The colour of a status: its exit code says how bad it is. */
export const colorOf = (exit: number): number => (exit === EXIT.ok ? GREEN : exit === EXIT.no ? YELLOW : RED)

const lastRun = ({ lastRun: last, overdueSince, recent }: StatusView, frame: Frame): string => {
  if (last === undefined) return "unknown"
  const began = whenOf(last.began, frame)
  const overdue = overdueSince === undefined ? "" : `; the run of ${whenOf(overdueSince, frame)} has not come`
  const missed =
    (recent?.ticks?.missed.length ?? 0) > 0 && overdueSince === undefined ? "; see the missed runs below" : ""
  const state = {
    active: "it is active now",
    ok: "ok",
    failed: `failed, exit ${last.exit ?? "unknown"}`,
    cut_short: "it has no end: it was killed, or it hangs"
  }[last.state]
  const where = last.host === undefined ? "" : ` on ${last.host}`
  return `${began}${where}, ${state}${overdue}${missed}`
}

const nextRun = ({ nextRun: next, paused, schedule, unsafe }: StatusView, frame: Frame): string => {
  const when = next === undefined ? (schedule.text === undefined ? "unknown" : "never") : whenOf(next, frame)
  if (paused !== undefined && !isOver(paused, next ?? frame.now)) return `${when}, would dispatch nothing: paused`
  return unsafe.length === 0 ? `${when}, safe as far as this can tell` : `${when}, NOT SAFE: see what needs you`
}

type Recent = NonNullable<StatusView["recent"]>

const ticks = ({ ticks: judged }: Recent, isFleet: boolean, frame: Frame): ReadonlyArray<string> => {
  if (judged === undefined) return []
  const late = judged.late === 0 ? "none late" : `${judged.late} late`
  const missed = judged.missed.map((tick) => timeOf(tick, frame))
  const first = missed.length > 8 ? [...missed.slice(0, 8), `and ${missed.length - 8} more`] : missed
  const list = missed.length === 0 ? "" : `, ${isFleet ? "missed by every host" : "missed"}: ${first.join(", ")}`
  return [`${judged.came} of ${judged.due} runs came, ${late}${list}`]
}

const recentOf = (recent: Recent, { hosts, running }: StatusView, frame: Frame): string => {
  const { failed, forReview, since, started } = recent
  const jobs = [`${started} started`, `${forReview} ready for review`, `${failed} failed`, `${running.length} running`]
  return `${whenOf(since, frame)}: ${[...ticks(recent, hosts !== undefined, frame), ...jobs].join(" · ")}`
}

const labelled = (label: string, text: string, width: number): ReadonlyArray<string> =>
  wrapTo(width - 12, text).map((line, index) => `  ${index === 0 ? label.padEnd(10) : " ".repeat(10)}${line}`)

/** Why, by whom, since when and until when nothing is dispatched. */
const pausedLines = ({ paused }: StatusView, frame: Frame): ReadonlyArray<string> =>
  paused === undefined
    ? []
    : wrapTo(widthIn(frame) - 2, oneLine(pauseInWords(paused, frame), 500)).map((line) => `  ${line}`)

const head = (view: StatusView, frame: Frame): ReadonlyArray<string> => {
  const { host, overdueSince, paused, recent, repository, schedule } = view
  const width = widthIn(frame)
  const color = colorOf(view.exit)
  const place = oneLine(`nightly-dispatch on ${host} · ${repository.name} (${repository.path})`)
  const verdict = view.exit === EXIT.ok ? " · nothing needs you" : ""
  const signs = [...(overdueSince === undefined ? [] : ["OVERDUE"]), ...(paused === undefined ? [] : ["PAUSED"])]
  const title = [...signs, `${place}${verdict}`].join(" · ")
  const [first = "", ...rest] = wrapTo(width - 2, title)
  const from = schedule.text === undefined ? schedule.why : `${schedule.text}   from ${schedule.why}`
  return [
    `${paint(frame.color, color, "●")} ${paint(frame.color, BOLD, first)}`,
    ...rest.map((line) => `  ${line}`),
    ...pausedLines(view, frame),
    ...labelled("last run", lastRun(view, frame), width),
    ...labelled("schedule", oneLine(from), width),
    ...labelled("next run", nextRun(view, frame), width),
    ...(view.budget === undefined ? [] : labelled("budget", view.budget.join(" · "), width)),
    ...(recent === undefined ? [] : labelled("since", recentOf(recent, view, frame), width))
  ]
}

const firstSteps = ({ program }: Frame): ReadonlyArray<string> => [
  "No run yet. Next, check what a run needs:",
  `  ${program} doctor`,
  "then have cron start the runs:",
  `  ${program} cron install`
]

const section = (title: string, lines: ReadonlyArray<string>, color: boolean): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", paint(color, BOLD, title), ...lines]

/**
 * The view as a text, of at most the frame's width. `all`: with every need, and every bug that is left alone.
 *
 * @example
 * statusText(view, frame, { all: false })
 */
export const statusText = (view: StatusView, frame: Frame, { all }: { readonly all: boolean }): string => {
  const hasNoRun = view.lastRun === undefined && !view.needs.some(({ kind }) => kind === "journal")
  const title = (name: string, count: number): string => `${name} (${count})`
  return [
    ...(hasNoRun ? [...firstSteps(frame), ...pausedLines(view, frame)] : head(view, frame)),
    ...section(title("NEEDS YOU", view.needs.length), needLines(view, frame, all), frame.color),
    ...section(title("HOSTS", view.hosts?.length ?? 0), hostLines(view.hosts ?? [], frame), frame.color),
    ...section(title("RUNNING", view.running.length), jobLines(view, frame), frame.color),
    ...section("PROVIDERS", hasNoRun ? [] : providerLines(view, frame), frame.color),
    ...section(title("LEFT ALONE", view.leftAlone.bugs.length), leftLines(view, frame, all), frame.color)
  ].join("\n")
}
