import { Duration } from "effect"
import type { JobEnd } from "../../domain/JobEnd.ts"
import type { Outcome } from "../../domain/Outcome.ts"
import type { RunReport } from "../../domain/RunReport.ts"
import { endInWords } from "./attempt.ts"
import { table } from "../../report/text/table.ts"

const row = (outcome: Outcome): ReadonlyArray<string> => {
  switch (outcome._tag) {
    case "Dispatched":
      return [
        outcome.beads,
        outcome.how === "started" ? "dispatched" : `dispatched (${outcome.how})`,
        outcome.provider,
        [outcome.pid === undefined ? "" : `pid ${outcome.pid}`, outcome.branch ?? "", outcome.worktree ?? ""]
          .filter((part) => part !== "")
          .join(", ")
      ]
    case "Failed":
      return [outcome.beads, `failed: ${outcome.code}`, outcome.provider ?? "-", outcome.error]
    case "Skipped":
      return [outcome.beads, `skipped: ${outcome.reason}`, "-", outcome.detail]
    case "Planned":
      return [outcome.beads, "would dispatch", outcome.provider, outcome.title]
  }
}

/** How long a job ran, in whole seconds. */
const ranFor = (millis: number): string =>
  millis < 1000 ? "<1s" : Duration.format(Duration.seconds(Math.round(millis / 1000)))

const endedRow = ({ beads, detail, durationMs, end, log, provider, verified }: JobEnd): ReadonlyArray<string> => [
  beads,
  endInWords({ end, verified }) ?? end,
  provider,
  ranFor(durationMs),
  log === undefined || end === "succeeded" ? detail : `${detail}; log: ${log}`
]

/** The jobs that ended since the last run, as a block below the rest; nothing if there are none. */
const renderEnded = (ended: ReadonlyArray<JobEnd>, width: number | undefined): ReadonlyArray<string> =>
  ended.length === 0
    ? []
    : ["", "ended since the last run", table(["bug", "end", "provider", "ran", "detail"], ended.map(endedRow), width)]

const kindInWords = ({ dryRun, shadow }: RunReport): string => {
  if (shadow) return " (shadow run: the decision was recorded; nothing was claimed or started)"
  return dryRun ? " (dry run: nothing was claimed, written or started)" : ""
}

/** The report of a run, for a person. `width`: the columns of the terminal; `undefined` if it is for none. */
export const renderRun = (report: RunReport, width?: number): string => {
  const ended = renderEnded(report.ended, width)
  const run = `run ${report.run}${report.repository === undefined ? "" : ` of ${report.repository}`}`
  if (report.error !== undefined) return [`${run}: ${report.error}`, ...ended].join("\n")
  const head = `${run}${kindInWords(report)}`
  const { noneTaken, outcomes, paused } = report
  if (paused !== undefined) return [head, ...(noneTaken === undefined ? [] : [noneTaken]), ...ended].join("\n")
  const tools = `tracker ${report.backends.beads} · runner ${report.backends.runner} · worktrees ${report.backends.workspace}`
  const bugs =
    outcomes.length === 0 ? [] : ["", table(["bug", "outcome", "provider", "detail"], outcomes.map(row), width)]
  return [head, tools, ...bugs, ...(noneTaken === undefined ? [] : ["", noneTaken]), ...ended].join("\n")
}
