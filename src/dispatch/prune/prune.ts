import { Array as Arr, Effect, Option, Random } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { bootMillis } from "../../domain/BootClock.ts"
import type { JournalFailed, RunnerFailed, TrackerFailed, WorkspaceFailed } from "../../domain/Failure.ts"
import { withRedactedLogs } from "../../domain/redactedLogs.ts"
import { PruneReport } from "../../domain/PruneReport.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal, type PrunedRecords } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Verifier } from "../../runner/Verifier.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import type { Part } from "../settle/settleEarlier.ts"
import { ages } from "./ages.ts"
import { prunable } from "./prunable.ts"
import { pruneBug, type PrunedBug } from "./pruneBug.ts"

/** How far pruning goes. */
export interface PruneBounds {
  /** Counts, and removes nothing. */
  readonly dryRun: boolean
  /** The number of bugs that are looked at. */
  readonly limit: number
  /** After this time no further bug is looked at. Milliseconds by the boot clock. */
  readonly deadline: number
  /** The caller has read the list of bugs a while ago: it is read again only if a bug has something old. */
  readonly listRead?: boolean
}

export type PruneServices = BeadsCli | DxRunner | Journal | Verifier | Workspaces
/** Why pruning stopped: a service that it asks failed. */
export type PruneFailed = JournalFailed | RunnerFailed | TrackerFailed | WorkspaceFailed

const reportOf = (dryRun: boolean, found: number, bugs: ReadonlyArray<PrunedBug>, records: PrunedRecords) => {
  const over = bugs.filter((bug) => bug._tag === "Over")
  const logs = over.flatMap((bug) => bug.logs)
  const kept = Arr.groupBy(
    bugs.filter((bug) => bug._tag === "Kept"),
    ({ why }) => why
  )
  return PruneReport.make({
    dryRun,
    ...records,
    logs: { jobs: logs.length, bytes: logs.reduce((sum, { log }) => sum + log.bytes, 0) },
    worktrees: over.reduce((sum, bug) => sum + bug.worktrees, 0),
    kept: Object.entries(kept).map(([why, bugs]) => ({ why, bugs: bugs.map(({ id }) => id) })),
    left: found - bugs.length
  })
}

/**
 * Removes what `retention` says is old: job logs, worktrees without work, and records of the journal. Never what belongs to an
 * open attempt, to a bug that is not closed, or to work that waits for a person. Removes nothing
 * if the tracker cannot be read. `part` runs a part of the work under the run lock; `None` if a run is active from the first
 * part on.
 *
 * @example
 * prune(options, { dryRun: true, limit: Infinity, deadline: Infinity }, Effect.asSome)
 */
export const prune = Effect.fn("prune")(function* (
  options: RunOptions,
  { deadline, dryRun, limit, listRead = false }: PruneBounds,
  part: Part
): Effect.fn.Return<Option.Option<PruneReport>, PruneFailed, PruneServices> {
  const [tracker, journal, runner, settings] = yield* Effect.all([BeadsCli, Journal, DxRunner, CurrentSettings])
  const found = yield* part(prunable(options))
  if (Option.isNone(found)) return Option.none()
  // An answer for one bug proves nothing where the list of bugs cannot be read.
  if (found.value.length > 0 || !listRead) yield* tracker.openBugs(settings.intake)
  const running = new Set(found.value.length === 0 ? [] : (yield* runner.running).map(({ beads }) => beads))
  const bugs: Array<PrunedBug> = []
  // In another order each time: a limit reaches every bug in the end.
  for (const bug of yield* Random.shuffle(found.value)) {
    if (bugs.length >= limit || (yield* bootMillis) >= deadline) break
    const pruned = yield* part(pruneBug(bug, { ...options, running }, dryRun))
    if (Option.isNone(pruned)) break
    bugs.push(pruned.value)
  }
  const over = bugs.flatMap((bug) => (bug._tag === "Over" ? [bug.id] : []))
  const { records: before } = yield* ages
  const records = yield* part(journal.prune({ before, over, dryRun }))
  const counts = Option.getOrElse(records, () => ({ runs: 0, attempts: 0, alerts: 0 }))
  return Option.some(reportOf(dryRun, found.value.length, bugs, counts))
}, withRedactedLogs)
