import { Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { comment } from "../../beads/comment.ts"
import {
  isTriedAgain,
  waitsForReview,
  workspaceOf,
  type Attempt,
  type Ending,
  type Review
} from "../../domain/Attempt.ts"
import type { DispatchError } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { Journal } from "../../journal/Journal.ts"
import { placeInWords } from "../../domain/Workspace.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"

/** An attempt that has ended. */
export interface Finished {
  readonly _tag: "Ended"
  readonly attempt: Attempt
  /** Whether its prompt file may go: no other actor has the claim, who may have written a prompt for the same bug. */
  readonly promptIsOver: boolean
  /** True if its job may still work: that could not be told, and its time was over. */
  readonly mayRun?: boolean
}

/**
 * Removes the attempt's worktree if it holds no work, and returns `withoutWork`; else adds its path to the ending. Fails with `WorkspaceFailed` if the host is to blame: then the next run looks for work again.
 */
export const clearWorkspace = Effect.fn("settle.workspace")(function* (
  attempt: Attempt,
  ending: Ending,
  withoutWork: Ending = ending
) {
  const workspace = workspaceOf(attempt)
  if (workspace === undefined) return ending
  const { beads, repository } = attempt
  const workspaces = yield* Workspaces
  const discarded = yield* workspaces.discard(beads, repository, workspace).pipe(
    Effect.catchIf(
      ({ blame }) => blame !== "host",
      (error) =>
        Effect.as(
          Effect.logWarning(
            `${beads}: its worktree ${workspace.path} cannot be removed, so it stays: ${error.message}`
          ),
          undefined
        )
    )
  )
  if (discarded?._tag === "Kept") {
    yield* Effect.logInfo(`${beads}: its worktree ${workspace.path} stays, because it holds ${discarded.holds}`)
    const detail = `${ending.detail}; ${discarded.holds} in ${placeInWords(workspace)}`
    // Without a worktree of its own nothing was counted.
    return { ...ending, detail, ...(workspace.branch === undefined ? {} : { commits: discarded.commits }) }
  }
  return discarded === undefined ? ending : withoutWork
})

/**
 * Marks the bug for review before its claim is released, so that no dispatcher on any host takes it again. If the tracker
 * does not take the label, only this dispatcher's journal remembers.
 */
const markForReview = Effect.fn("settle.review")(function* ({ actor, beads }: Attempt, { detail }: Ending) {
  const tracker = yield* BeadsCli
  const marked = yield* Effect.either(tracker.label(beads, actor, REVIEW_LABEL))
  if (Either.isLeft(marked)) {
    yield* Effect.logWarning(
      `${beads} did not get the label ${REVIEW_LABEL}, so only this host's journal knows of its work: ${marked.left.message}`
    )
  }
  const again = Either.isLeft(marked) ? "change its description" : `remove the label ${REVIEW_LABEL}`
  const text = `${detail}. Look at it, then close the bug; to have it tried again, ${again}.`
  yield* comment(beads, actor, text, "its work")
  return (Either.isLeft(marked) ? "journal" : "label") satisfies Review
})

/**
 * Tells a person of work that failed our check. The bug gets no label, because it is tried again while it has attempts left: the
 * next attempt goes on in the same worktree.
 */
const commentOnFailedCheck = ({ actor, beads }: Attempt, { detail }: Ending) =>
  comment(beads, actor, `${detail}. The work is kept, and the next attempt goes on with it.`, "its work")

/** Releases the claims that the attempt's agent made on other bugs, under the actor that it was given. */
const releaseOthers = Effect.fn("settle.others")(function* ({ actor, beads }: Attempt, claims: ReadonlyArray<Issue>) {
  const tracker = yield* BeadsCli
  for (const { id } of claims.filter(({ assignee, id }) => assignee === actor && id !== beads)) {
    const released = yield* tracker.release(id, actor)
    if (released._tag === "Released") {
      yield* Effect.logInfo(`released the claim of ${id}, which the agent of ${beads} had made as ${actor}`)
    }
  }
})

/**
 * Marks good work for review, also if another actor has the claim by now, and releases the claims of this attempt. `claims`:
 * dispatchers' claims in the tracker. Writes `Ending` before the release and `Settled` after it, so that
 * after a crash in between the next run repeats both with the same ending.
 */
export const finish = Effect.fn("settle.finish")(function* (
  attempt: Attempt,
  ending: Ending,
  claims: ReadonlyArray<Issue>
): Effect.fn.Return<Finished, DispatchError, BeadsCli | Journal> {
  const [tracker, journal] = yield* Effect.all([BeadsCli, Journal])
  const { actor, beads } = attempt
  if (attempt.phase !== "ending") yield* journal.advance(actor, { _tag: "Ending", ...ending })
  const issue = yield* tracker.show(beads)
  const isOpen = issue !== undefined && issue.status !== "closed"
  const review = isOpen && waitsForReview(ending) ? yield* markForReview(attempt, ending) : undefined
  if (isOpen && isTriedAgain(ending)) yield* commentOnFailedCheck(attempt, ending)
  const released = yield* tracker.release(beads, actor)
  yield* releaseOthers(attempt, claims)
  const settled = yield* journal.advance(actor, { _tag: "Settled", ...ending, review })
  yield* Effect.logInfo(
    `settled ${beads} (${actor}): ${ending.end}: ${ending.detail}${released._tag === "Released" ? "; claim released" : ""}`
  )
  const isUnheld = released._tag === "Released" || released.holder === undefined || released.holder === actor
  return { _tag: "Ended", attempt: settled, promptIsOver: isUnheld || ending.end === "claim_lost" }
})
