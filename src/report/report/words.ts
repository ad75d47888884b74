import type { AttemptEnd } from "../../domain/Attempt.ts"
import { DateTime } from "effect"
import { oneLine } from "../../domain/Text.ts"
import { usageInWords } from "../../domain/Usage.ts"
import { inWords, zoned, type Zone } from "../../domain/times.ts"
import type { Fault, HostFigures, ReportView, ReviewFigures, Trouble } from "./reportSchema.ts"

/** A share in percent. Never rounded up: 94.96 % is not the goal of 95 %. `-` for an unknown one. */
export const percent = (share: number | undefined): string =>
  share === undefined ? "-" : `${Math.floor(share * 1000 + 1e-9) / 10} %`

/** `1 run`, `2 runs`. */
export const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

/** The parts that say something, with dots between. */
export const dotted = (parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join(" · ")

/** The counts that are not 0, each with its word. */
export const counts = (pairs: ReadonlyArray<readonly [number, string]>): string =>
  dotted(pairs.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])))

/** A day of the calendar: `2026-11-25`. */
export const dayOf = (at: number, zone: Zone): string => DateTime.formatIsoDate(zoned(at, zone))

/** The window: `30 nights, 2026-10-27 – 2026-11-25`. */
export const windowWords = ({ nights, since, until }: ReportView, zone: Zone): string => {
  const [from, to] = [dayOf(since, zone), dayOf(until, zone)]
  return `${many(nights.length, "night")}, ${from === to ? from : `${from} – ${to}`}`
}

/** Whose runs these are: `shop on vm-1`. Escape it like foreign text. */
export const placeWords = ({ host, hosts, repository }: ReportView): string => {
  const others =
    hosts === undefined ? "" : ` and ${many(hosts.filter(({ name }) => name !== host).length, "other host")}`
  return oneLine(`${repository === undefined ? "" : `${repository} `}on ${host}${others}`)
}

/** The window, and whose it is: `30 nights, 2026-10-27 – 2026-11-25 · shop on vm-1`. Escape it like foreign text. */
export const headline = (view: ReportView, zone: Zone): string => dotted([windowWords(view, zone), placeWords(view)])

/** Whether nothing is there to report. */
export const isEmpty = ({ jobs, runs }: ReportView): boolean =>
  runs.began === 0 && jobs.ends.length === 0 && jobs.running === 0

/** What an empty window means, and the command to run next. */
export const emptyWords = (
  { lastRun, since }: ReportView,
  zone: Zone
): { readonly words: string; readonly next: string; readonly why: string } =>
  lastRun === undefined
    ? {
        words: "The journal has no run yet.",
        why: "To see what a run would do:",
        next: "run --dry-run"
      }
    : {
        words: `No run began since ${dayOf(since, zone)}, and no job ended. The last run began on ${dayOf(lastRun, zone)}.`,
        why: "To see what happened then:",
        next: `report --since ${dayOf(lastRun, zone)}`
      }

/** Which of the runs that were due came. */
export const cameWords = ({ hosts, runs }: ReportView): string => {
  const { began, judged, unended, unjudged } = runs
  if (judged === undefined)
    return dotted([`${began} came`, `whether any was late or missed is ${oneLine(unjudged ?? "not known")}`])
  const { came, due, late, missed } = judged
  return dotted([
    due === 0 ? "none was due" : `${came} of ${due} came (${percent(came / due)})`,
    counts([
      [missed.length, hosts === undefined ? "missed" : "missed by every host"],
      [late, "late"]
    ]),
    unended === 0 ? "" : `${unended} active or killed`
  ])
}

/** How the runs ended. */
export const exitWords = ({ runs: { exits } }: ReportView): string =>
  dotted(exits.map(({ exit, runs }) => `exit ${exit}: ${runs}`))

const ENDS: Readonly<Record<AttemptEnd, string>> = {
  succeeded: "succeeded",
  no_op: "no-op",
  failed: "failed",
  stalled: "stalled",
  unverified: "unverified",
  lost: "lost",
  stopped: "stopped",
  claim_lost: "lost their claim",
  needs_human: "needed a person"
}
export const endWord = (end: AttemptEnd | undefined): string => (end === undefined ? "running" : ENDS[end])

/** How many jobs were started, and how they ended. */
export const jobWords = ({ jobs: { ends, running, started } }: ReportView): string =>
  `${started} started: ${counts([...ends.map(({ end, jobs }) => [jobs, endWord(end)] as const), [running, "running"]]) || "none has ended"}`

/** What the jobs of the last night with a run used; empty if no agent says. */
export const usageWords = ({ lastNight, nights }: ReportView): string => {
  const night = nights.find(({ date }) => date === lastNight?.date)
  if (night?.usage === undefined) return ""
  const jobs = `${night.usageOf} of ${many(night.good + night.failed, "job")}`
  return `in the night of ${night.date}: ${usageInWords(night.usage)} (as ${jobs} told)`
}

/** Whether the goal is met; `undefined` if no dispatch was tried. */
export const meetsGoal = ({ jobs: { acknowledged, goal } }: ReportView): boolean | undefined =>
  acknowledged === undefined ? undefined : acknowledged >= goal

export const goalWords = (view: ReportView): string => {
  const { acknowledged, goal, started, tried } = view.jobs
  return acknowledged === undefined
    ? `no dispatch was tried (goal: ${percent(goal)} acknowledged)`
    : `${percent(acknowledged)} of dispatches acknowledged (${started} of ${tried}), goal ${percent(goal)}: ${meetsGoal(view) ? "met" : "missed"}`
}

/** What became of the branches. */
export const reviewWords = (review: ReviewFigures, until: number): string => {
  const { branches, closed, merged, oldest, sentBack, unknown, waiting } = review
  if (branches === 0) return "no work was left for review"
  const age = oldest === undefined ? "" : ` (oldest ${inWords(until - oldest)})`
  const fates = counts([
    [merged, "merged"],
    [closed, "closed unmerged"],
    [sentBack, "sent back"],
    [waiting, `waiting${age}`],
    [unknown, "unknown to git"]
  ])
  return `${many(branches, "branch", "branches")}: ${fates}`
}

/** What people decided; empty if nothing. */
export const decisionWords = ({ decisions }: ReviewFigures): string =>
  counts([
    [decisions.accepted, "accepted"],
    [decisions.rejected, "rejected"],
    [decisions.sent_back, "sent back"]
  ])

/** The columns of `hostCells`. */
export const HOST_HEAD: ReadonlyArray<string> = ["host", "runs", "bad", "jobs", "good", "running", "last seen"]
/** Those of them that are numbers. */
export const HOST_NUMBERS: ReadonlyArray<number> = [1, 2, 3, 4, 5]

/** The head of a column in a page. */
export const titled = (head: string): string => `${head.slice(0, 1).toUpperCase()}${head.slice(1)}`

/** A row of the table of hosts. The name is foreign text. */
export const hostCells = ({
  badRuns,
  jobs,
  name,
  running,
  runs,
  seenAgo,
  state,
  success
}: HostFigures): ReadonlyArray<string> => [
  name,
  String(runs),
  String(badRuns),
  String(jobs),
  percent(success),
  String(running),
  `${inWords(seenAgo)} ago${state === "active" ? "" : `, ${state}`}`
]

export const faultWords = (fault: Fault | undefined): string =>
  fault === undefined ? "-" : `${fault.reason} (${many(fault.times, fault.of === "runs" ? "run" : "job")})`

/** A length of time, or `-`. */
export const lengthWords = (millis: number | undefined): string => (millis === undefined ? "-" : inWords(millis))

export const troubleWords = ({ kind, reason }: Trouble): string => {
  const what = { job: "no success", provider: "refused work", run: "a run ended so" }[kind]
  return reason === "" ? what : `${what}: ${reason}`
}
