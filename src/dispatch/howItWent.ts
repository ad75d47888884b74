import { lineOf } from "../domain/eventLine.ts"
import type { RunReport } from "../domain/RunReport.ts"

/** The run's event lines about what ended and what failed, the summary first. */
export const howItWent = (report: RunReport): string =>
  [
    lineOf({ _tag: "RunEnded", report }),
    ...(report.error === undefined ? [] : [report.error]),
    ...(report.paused === undefined || report.noneTaken === undefined ? [] : [report.noneTaken]),
    ...report.outcomes.filter(({ _tag }) => _tag === "Failed" || _tag === "Dispatched").map(lineOf),
    ...report.ended.map((job) => lineOf({ _tag: "JobEnded", job }))
  ].join("\n")
