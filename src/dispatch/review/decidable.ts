import { Data, Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { parseActor } from "../../domain/Actor.ts"
import { ackOf, workspaceOf, type Attempt, type Settled } from "../../domain/Attempt.ts"
import { explained, type Explanation } from "../../domain/Explanation.ts"
import type { JournalFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { isLive } from "../../domain/Job.ts"
import { resultInWords } from "../../domain/JobResult.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { KeptWork, type KeptBranch, type KeptFacts } from "../../workspace/KeptWork.ts"
import { belongsHere } from "../settle/belongsHere.ts"

/** The decision was not made, and nothing was changed. */
export class NotDecided extends Data.TaggedError("NotDecided")<Explanation> {
  override get message(): string {
    return explained(this)
  }
}

/** The kept work of one bug. */
export interface Decidable {
  readonly attempt: Settled
  readonly workspace: Workspace
  readonly issue: Issue
  readonly kept: KeptBranch
  readonly facts: KeptFacts
}

/** Why a job may work on the bug now, so that nobody should decide about it; `undefined` if none does. */
const whyBusy = Effect.fn("review.busy")(function* (id: BeadsId, attempts: ReadonlyArray<Attempt>, issue: Issue) {
  const open = attempts.find(({ phase }) => phase !== "settled")
  if (open?.phase === "verifying") return "its work is being checked. Wait for the check to end"
  if (open !== undefined)
    return "an attempt at it is open, so its job may run. Wait for its end, or run: nightly-dispatch settle"
  const { assignee, status } = issue
  if (status === "in_progress" && assignee !== undefined && parseActor(assignee) !== undefined) {
    return `the dispatcher ${assignee} has claimed it, so its job may run`
  }
  const runner = yield* DxRunner
  const job = yield* Effect.mapError(
    runner.job(id),
    ({ message }) => new NotDecided({ where: id, what: `whether a job for it runs cannot be told: ${message}` })
  )
  return job !== undefined && isLive(job) ? `a job for it runs or may run (${job.provider})` : undefined
})

type HasWork = Settled & { readonly workspace: Workspace }

const hasBranch = (attempt: Attempt): attempt is HasWork =>
  attempt.phase === "settled" && workspaceOf(attempt)?.branch !== undefined

/**
 * The kept work of this bug, if a person may decide about it now. Call it under the run lock. Fails with `NotDecided` if there is
 * none, or if a job may work on the bug.
 */
export const decidable = Effect.fn("review.decidable")(function* (
  { repository }: RunOptions,
  id: BeadsId
): Effect.fn.Return<Decidable, JournalFailed | NotDecided | TrackerFailed, BeadsCli | DxRunner | Journal | KeptWork> {
  const [journal, tracker, work] = yield* Effect.all([Journal, BeadsCli, KeptWork])
  const attempts = yield* journal.of(id)
  const issue = yield* tracker.show(id)
  if (issue === undefined) return yield* new NotDecided({ where: id, what: "the tracker has no such bug" })
  const busy = yield* whyBusy(id, attempts, issue)
  if (busy !== undefined) return yield* new NotDecided({ where: id, what: busy })
  const result = attempts.findLast((each) => ackOf(each) !== undefined && each.phase === "settled")
  if (result?.phase === "settled" && result.result !== undefined) {
    return yield* new NotDecided({
      where: id,
      what: `its work is not on this host: ${resultInWords(result.result)}`,
      next: `Merge or close it there, then close the bug. To have it tried again: nightly-dispatch retry ${id}`
    })
  }
  const attempt = attempts.findLast(hasBranch)
  const branch = attempt?.workspace.branch
  if (attempt === undefined || branch === undefined) {
    return yield* new NotDecided({ where: id, what: "the journal knows no branch with work for it" })
  }
  if (!belongsHere(attempt, { repository, trackers: journal.identity.trackers })) {
    return yield* new NotDecided({
      where: id,
      what: `its work belongs to ${attempt.repository.path}`,
      next: "Decide there"
    })
  }
  const { workspace } = attempt
  const kept = { clone: attempt.repository.path, branch, worktree: workspace.path }
  return { attempt, workspace, issue, kept, facts: yield* work.facts(kept) }
})
