import { Data, Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { parseActor } from "../../domain/Actor.ts"
import { ackOf, workspaceOf, type Attempt, type Settled } from "../../domain/Attempt.ts"
import { explained, type Explanation } from "../../domain/Explanation.ts"
import type { JournalFailed, TrackerFailed } from "../../domain/Failure.ts"
import { isOwn, type Identity } from "../../domain/Identity.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { isLive } from "../../domain/Job.ts"
import { resultInWords } from "../../domain/JobResult.ts"
import { pushedOf, type Pushed } from "../../domain/PushedWork.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { elsewhere } from "../../journal/elsewhere.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { KeptWork, type KeptBranch, type KeptFacts } from "../../workspace/KeptWork.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
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
  /** The clone in which the decision is made. */
  readonly repository: Repository
  readonly issue: Issue
  readonly kept: KeptBranch
  /** Where an attempt pushed the branch last; `undefined` if none did. */
  readonly published: Pushed | undefined
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

/** Whether another dispatcher made the attempt, on this host or another one, and pushed its branch. */
const isFromElsewhere = ({ actor, pushed }: HasWork, identity: Identity): boolean => {
  const mark = parseActor(actor)?.mark
  return pushedOf(pushed) !== undefined && mark !== undefined && !isOwn(identity, mark)
}

/**
 * The kept work of this bug, if a person may decide about it now. Call it under the run lock. Fails with `NotDecided` if there is
 * none, or if a job may work on the bug.
 */
export const decidable = Effect.fn("review.decidable")(function* (
  { repository }: RunOptions,
  id: BeadsId
): Effect.fn.Return<
  Decidable,
  JournalFailed | NotDecided | TrackerFailed,
  BeadsCli | DxRunner | Journal | KeptWork | Workspaces
> {
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
  const isElsewhere = isFromElsewhere(attempt, journal.identity)
  const host = isElsewhere ? undefined : (yield* elsewhere)(attempt.actor)
  if (host !== undefined) {
    return yield* new NotDecided({
      where: id,
      what: `its work is on ${host}, and no remote has it. Nothing was changed`,
      next: `Decide on ${host}. If that host is gone, have the bug tried again: nightly-dispatch retry ${id}`
    })
  }
  if (!isElsewhere && !belongsHere(attempt, { repository, trackers: journal.identity.trackers })) {
    return yield* new NotDecided({
      where: id,
      what: `its work belongs to ${attempt.repository.path}`,
      next: "Decide there"
    })
  }
  const clone = isElsewhere ? repository : attempt.repository
  const workspace = isElsewhere
    ? new Workspace({ ...attempt.workspace, path: (yield* Workspaces).place(id, clone).path })
    : attempt.workspace
  const kept = { clone: clone.path, branch, worktree: workspace.path }
  const published = attempts
    .flatMap((each) => (each.phase === "settled" ? (pushedOf(each.pushed) ?? []) : []))
    .findLast((each) => each.branch === branch)
  return { attempt, workspace, repository: clone, issue, kept, published, facts: yield* work.facts(kept) }
})
