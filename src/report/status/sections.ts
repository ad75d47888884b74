import { Array as Arr } from "effect"
import { waitInWords } from "../../domain/ProviderWait.ts"
import { oneLine } from "../../domain/Text.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { wrapTo } from "../text/display.ts"
import { table } from "../text/table.ts"
import { agoInWords, inWords, timeOf, whenOf } from "../../domain/times.ts"
import { placeOn } from "../../journal/elsewhere.ts"
import type { ShownJob } from "../needs/jobs.ts"
import type { ShownProvider } from "../needs/providers.ts"
import type { StatusView } from "./statusView.ts"

/** More fill the screen. */
const MOST_NEEDS = 12

const indented = (indent: number, text: string, frame: Frame): ReadonlyArray<string> =>
  wrapTo(widthIn(frame) - indent, text).map((line) => " ".repeat(indent) + line)

/** One entry: its first line begins at column 2, what follows at column 4. */
const entry = (text: string, below: ReadonlyArray<string>, frame: Frame): ReadonlyArray<string> => {
  const [first = "", ...rest] = wrapTo(widthIn(frame) - 4, text)
  return [`  ${first}`, ...rest.map((line) => `    ${line}`), ...below.flatMap((line) => indented(4, line, frame))]
}

/** What needs a person, each with the commands that deal with it. */
export const needLines = ({ needs }: StatusView, frame: Frame, all: boolean): ReadonlyArray<string> => {
  const shown = all ? needs : needs.slice(0, MOST_NEEDS)
  const more = needs.length - shown.length
  return [
    ...shown.flatMap(({ beads, commands, priority, since, title, what }) => {
      const who = [
        ...(beads === undefined ? [] : [oneLine(beads)]),
        ...(priority === undefined ? [] : [`P${priority}`])
      ]
      const when = since === undefined ? "" : ` · ${whenOf(since, frame)}`
      const about = title === undefined ? [] : [`"${oneLine(title, 70)}"`]
      return entry([...who, `${what}${when}`].join("  "), [...about, ...commands], frame)
    }),
    ...(more === 0 ? [] : [`  and ${more} more: ${frame.program} status --all`])
  ]
}

const STATES: Readonly<Record<ShownJob["state"], string>> = {
  dispatching: "is being dispatched",
  running: "running",
  stalled: "hangs",
  checking: "its work is being checked",
  ended: "has ended; the next run or the watcher settles it",
  left: "was cut short; the next run settles what it left",
  unknown: "nobody can tell whether it runs",
  other: "running, but not started from here"
}

/** Of a job of another host, which alone can look at it. */
const stateElsewhere = (state: ShownJob["state"], host: string, free: string | undefined): string => {
  if (free !== undefined) return `was begun on ${host}, and the next run of any host settles it: ${free}`
  return state === "running" || state === "dispatching" || state === "checking"
    ? `${STATES[state]} on ${host}`
    : `has ended on ${host}, which settles it`
}

/** The jobs that run, each with its time, its last sign of life and its log. */
export const jobLines = ({ maxRuntime, running }: StatusView, frame: Frame): ReadonlyArray<string> =>
  running.flatMap(({ beads, free, host, lastOutput, log, provider, since, state }) => {
    const isTimed = host === undefined && (state === "running" || state === "stalled")
    const time =
      since === undefined
        ? []
        : [isTimed ? `${inWords(frame.now - since)} of ${inWords(maxRuntime)}` : whenOf(since, frame)]
    const output = !isTimed
      ? []
      : [lastOutput === undefined ? "no output known" : `last output ${agoInWords(lastOutput, frame.now)}`]
    const where = host === undefined ? STATES[state] : stateElsewhere(state, host, free)
    const words = [where, ...time, ...(provider === undefined ? [] : [provider]), ...output]
    return entry(`${beads}  ${words.join(" · ")}`, log === undefined ? [] : [oneLine(placeOn(host, log), 4096)], frame)
  })

const health = ({ checked, detail = "", now, until }: ShownProvider, frame: Frame): string => {
  const at = checked === undefined ? "" : `, checked ${whenOf(checked, frame)}`
  switch (now) {
    case "ok":
      return `ok${at}`
    case "unchecked":
      return "no run has asked it yet"
    case "limited":
      return until === undefined ? "rate limited" : waitInWords({ until }, frame)
    case "needs_human":
      return `${detail}${at}`
    case "unavailable":
      return `unavailable${at}: ${detail}`
    case "probation":
      return `on probation until ${until === undefined ? "later" : timeOf(until, frame)}, tried last: ${detail}`
  }
}

/** The providers of the chain: their jobs of 48 hours, and how they are now. */
export const providerLines = ({ providers }: StatusView, frame: Frame): ReadonlyArray<string> =>
  providers.length === 0
    ? []
    : table(
        ["provider", "jobs 48 h", "good", "now"],
        providers.map((each) => [
          each.provider,
          `${each.jobs}`,
          each.jobs === 0 ? "-" : `${Math.round((each.good / each.jobs) * 100)} %`,
          health(each, frame)
        ]),
        widthIn(frame) - 2
      )
        .split("\n")
        .map((line) => `  ${line}`)

/** The bugs that are left alone, counted by reason; with `all`, each with its reason. */
export const leftLines = (
  { leftAlone: { as, bugs } }: StatusView,
  frame: Frame,
  all: boolean
): ReadonlyArray<string> => {
  if (bugs.length === 0) return []
  const note = as === "now" ? [] : ["as the last run left them: what the next one would do cannot be told"]
  if (all) {
    const rows = bugs.map(({ beads, detail, reason }) => [beads, reason.replaceAll("_", " "), detail])
    const lines = table(["bug", "reason", "detail"], rows, widthIn(frame) - 2).split("\n")
    return [...note, ...lines].map((line) => `  ${line}`)
  }
  const counts = Object.entries(Arr.groupBy(bugs, ({ reason }) => reason)).map(
    ([reason, group]) => `${group.length} ${reason.replaceAll("_", " ")}`
  )
  return [...note, `${counts.join(" · ")} · each: ${frame.program} status --all`].flatMap((line) =>
    indented(2, line, frame)
  )
}
