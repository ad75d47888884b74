import type { Outcome } from "../../domain/Outcome.ts"
import type { RunReport } from "../../domain/RunReport.ts"
import { table } from "./table.ts"

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

/** The report of a run, for a person. */
export const renderRun = (report: RunReport): string => {
  if (report.error !== undefined) return `run ${report.run}: ${report.error}`
  const head = `run ${report.run}${report.dryRun ? " (dry run: nothing was claimed, written or started)" : ""}`
  const tools = `tracker ${report.backends.beads} · runner ${report.backends.runner} · worktrees ${report.backends.workspace}`
  const { noneTaken, outcomes } = report
  const bugs = outcomes.length === 0 ? [] : ["", table(["bug", "outcome", "provider", "detail"], outcomes.map(row))]
  return [head, tools, ...bugs, ...(noneTaken === undefined ? [] : ["", noneTaken])].join("\n")
}
