import { Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { workspaceOf, type Attempt } from "../../domain/Attempt.ts"
import type { JournalFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner, type JobLog } from "../../runner/DxRunner.ts"
import { Verifier } from "../../runner/Verifier.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { belongsHere } from "../settle/belongsHere.ts"
import { ages } from "./ages.ts"

/** The old log of a job, or of a check of its work. */
export interface OldLog {
  readonly of: "job" | "check"
  readonly log: JobLog
}

/** A bug that owns something old. */
export interface PrunableBug {
  readonly id: BeadsId
  readonly logs: ReadonlyArray<OldLog>
}

/** What became of it. `Over`: its records in the journal may go too. */
export type PrunedBug =
  | { readonly _tag: "Kept"; readonly id: BeadsId; readonly why: string }
  | { readonly _tag: "Over"; readonly id: BeadsId; readonly logs: ReadonlyArray<OldLog>; readonly worktrees: number }

/** What a bug is judged by, besides its own records. */
export interface PruneContext extends Pick<RunOptions, "repository"> {
  /** Bugs with a job that may work. */
  readonly running: ReadonlySet<BeadsId>
}

/** Why nothing of the bug may go; `undefined` if it is over: closed, or no longer in the tracker. */
const whyKept = Effect.fn("prune.whyKept")(function* (
  id: BeadsId,
  attempts: ReadonlyArray<Attempt>,
  { repository, running }: PruneContext
) {
  const [journal, tracker] = yield* Effect.all([Journal, BeadsCli])
  if (running.has(id)) return "a job of the bug runs"
  if (attempts.some(({ phase }) => phase !== "settled")) return "an attempt is open"
  const here = { repository, trackers: journal.identity.trackers }
  if (!attempts.every((attempt) => belongsHere(attempt, here))) return "of another tracker or repository"
  const issue = yield* Effect.either(tracker.show(id))
  if (Either.isLeft(issue)) return `the tracker cannot show the bug: ${issue.left.message}`
  return issue.right === undefined || issue.right.status === "closed" ? undefined : "not closed in the tracker"
})

/** The attempt that knows most of the bug's worktree: the newest that made one, else the newest that used one. */
const withWorktree = (attempts: ReadonlyArray<Attempt>): Attempt | undefined =>
  attempts.findLast((attempt) => workspaceOf(attempt)?.reused === false) ??
  attempts.findLast((attempt) => workspaceOf(attempt) !== undefined)

/** Removes the bug's worktree if it is old and holds no work. Left: why it stays. Right: how many were removed. */
const pruneWorktree = Effect.fn("prune.worktree")(function* (attempts: ReadonlyArray<Attempt>, dryRun: boolean) {
  const [workspaces, old] = yield* Effect.all([Workspaces, ages])
  const attempt = withWorktree(attempts)
  const workspace = attempt === undefined ? undefined : workspaceOf(attempt)
  if (attempt === undefined || workspace === undefined) return Either.right(0)
  const isOld = attempts.every(({ updatedAt }) => updatedAt < old.logs)
  const look = dryRun || !isOld ? workspaces.inspect : workspaces.discard
  const found = yield* Effect.either(
    Effect.flatMap(workspaces.merged(attempt.beads, attempt.repository, workspace), (now) =>
      look(attempt.beads, attempt.repository, now)
    )
  )
  if (Either.isLeft(found)) return Either.left(`its worktree cannot be looked at: ${found.left.message}`)
  const held = found.right
  switch (held._tag) {
    case "Work":
      return Either.left(`its worktree holds ${held.holds}`)
    case "Left":
      return Either.left(`its worktree stays: ${held.why}`)
    case "Unknown":
      return Either.left(`whether its worktree holds work cannot be told: ${held.why}`)
    case "Removed":
      return Either.right(isOld ? 1 : 0)
    case "Gone":
    case "Elsewhere":
      return Either.right(0)
  }
})

/**
 * Removes the old worktree and the old logs of one bug, if it is over and no work of it waits for a person. Call it under the
 * run lock.
 */
export const pruneBug = Effect.fn("pruneBug")(function* (
  { id, logs }: PrunableBug,
  context: PruneContext,
  dryRun: boolean
): Effect.fn.Return<PrunedBug, JournalFailed | RunnerFailed, BeadsCli | DxRunner | Journal | Verifier | Workspaces> {
  const [journal, runner, verifier] = yield* Effect.all([Journal, DxRunner, Verifier])
  const attempts = yield* journal.of(id)
  const why = yield* whyKept(id, attempts, context)
  if (why !== undefined) return { _tag: "Kept", id, why }
  const worktrees = yield* pruneWorktree(attempts, dryRun)
  if (Either.isLeft(worktrees)) return { _tag: "Kept", id, why: worktrees.left }
  const remove = ({ log, of }: OldLog) => (of === "job" ? runner.removeLog(log) : verifier.removeLog(log))
  if (!dryRun) yield* Effect.forEach(logs, remove, { discard: true })
  return { _tag: "Over", id, logs, worktrees: worktrees.right }
})
