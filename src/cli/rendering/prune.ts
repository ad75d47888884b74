import { Duration } from "effect"
import type { PruneReport } from "../../domain/PruneReport.ts"
import type { Settings } from "../../domain/Settings.ts"
import { bytesInWords } from "../../domain/Size.ts"
import { oneLine } from "../../domain/Text.ts"

/** Bugs that one line names. */
const NAMED = 10

const names = (bugs: ReadonlyArray<string>): string =>
  bugs.length > NAMED ? `${bugs.slice(0, NAMED).join(", ")} and ${bugs.length - NAMED} more` : bugs.join(", ")

/** What was removed, or would be, and what is kept and why: a line each. */
export const renderPrune = (
  { alerts, attempts, dryRun, kept, left, logs, runs, worktrees }: PruneReport,
  { retention }: Pick<Settings, "retention">
): string => {
  const verb = dryRun ? "would remove" : "removed"
  return [
    `${verb} from the journal, older than ${Duration.format(retention.journal)}: ${runs} runs, ${attempts} attempts, ${alerts} sent alerts`,
    `${verb} job logs, older than ${Duration.format(retention.logs)}: ${logs.jobs} (${bytesInWords(logs.bytes)})`,
    `${verb} worktrees without work, older than ${Duration.format(retention.logs)}: ${worktrees}`,
    ...kept.map(({ bugs, why }) => `kept what is old of ${names(bugs)}: ${oneLine(why)}`),
    ...(left === 0 ? [] : [`not looked at: ${left} bugs. Run it again`])
  ].join("\n")
}
