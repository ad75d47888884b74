import { Effect, Either, LogLevel } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { comment } from "../../beads/comment.ts"
import { commentOnMendable } from "../attempt/mendable.ts"
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
import type { Discarded } from "../../domain/Workspace.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { endingWith, whyItStays } from "./endingWith.ts"

/** An attempt that has ended. */
export interface Finished {
  readonly _tag: "Ended"
  readonly attempt: Attempt
  /** Whether its prompt file may go: no other actor has the claim, who may have written a prompt for the same bug. */
  readonly promptIsOver: boolean
  /** True if its job may still work: that could not be told, and its time was over. */
  readonly mayRun?: boolean
}

/** How an attempt ended whose job is over, before anything has looked at its worktree. */
export interface Over {
  readonly ending: Ending
  /** The same if the job left no work. Default `ending`. */
  readonly withoutWork?: Ending | undefined
  /** When its job ended, in milliseconds since the epoch. Later commits in the clone are not its work. */
  readonly jobEndedAt?: number | undefined
}

/**
 * Removes the attempt's worktree if it holds no work, and returns how the attempt ended by what was found there. Fails with
 * `WorkspaceFailed` if the host is to blame: then the next run looks for work again.
 */
export const clearWorkspace = Effect.fn("settle.workspace")(function* (
  attempt: Attempt,
  { ending, jobEndedAt, withoutWork = ending }: Over
) {
  const workspace = workspaceOf(attempt)
  if (workspace === undefined) return ending
  const { beads, repository } = attempt
  const workspaces = yield* Workspaces
  const found = yield* workspaces.discard(beads, repository, workspace, jobEndedAt).pipe(
    Effect.catchIf(
      ({ blame }) => blame !== "host",
      ({ advice }) => Effect.succeed<Discarded>({ _tag: "Unknown", why: advice })
    )
  )
  const remains = { found, workspace, clone: repository.path }
  const stays = whyItStays(remains)
  if (stays !== undefined) {
    yield* Effect.logWithLevel(found._tag === "Unknown" ? LogLevel.Warning : LogLevel.Info, `${beads}: ${stays}`)
  }
  return endingWith(remains, { ending, withoutWork })
})

/**
 * Marks the bug for review before its claim is released, so that no dispatcher on any host takes it again. If the tracker
 * does not take the label, only this dispatcher's journal remembers.
 */
const markForReview = Effect.fn("settle.review")(function* (
  { actor, beads }: Attempt,
  { detail }: Ending,
  isClosed: boolean
) {
  const tracker = yield* BeadsCli
  const marked = yield* Effect.either(tracker.label(beads, actor, REVIEW_LABEL))
  if (Either.isLeft(marked)) {
    yield* Effect.logWarning(
      `${beads} did not get the label ${REVIEW_LABEL}, so only this host's journal knows of its work: ${marked.left.message}`
    )
  }
  const again = Either.isLeft(marked) ? "change its description" : `remove the label ${REVIEW_LABEL}`
  const next = isClosed
    ? "The bug was closed before anyone looked at this work: if the work is not merged yet, merge it or open the bug again"
    : `Look at it, then close the bug; to have it tried again, ${again}`
  const text = `${detail}. ${next}.`
  yield* comment(beads, actor, text, "its work")
  return (Either.isLeft(marked) ? "journal" : "label") satisfies Review
})

/**
 * Whether a person must look at the attempt's work: nothing speaks against it, or its worktree is kept although the bug is closed.
 * An agent that closes its bug does not merge its work.
 */
const needsReview = ({ status }: Issue, ending: Ending): boolean =>
  waitsForReview(ending) || (status === "closed" && ending.commits !== undefined)

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
  const isClosed = issue?.status === "closed"
  const mustBeSeen = issue !== undefined && needsReview(issue, ending)
  const review = mustBeSeen ? yield* markForReview(attempt, ending, isClosed) : undefined
  if (issue !== undefined && !isClosed && isTriedAgain(ending)) yield* commentOnFailedCheck(attempt, ending)
  if (issue !== undefined && !isClosed && (ending.end === "failed" || ending.end === "needs_human")) {
    const { blame, detail, needs } = ending
    yield* commentOnMendable({ beads, blame, detail, needs }, actor)
  }
  const released = yield* tracker.release(beads, actor)
  yield* releaseOthers(attempt, claims)
  const settled = yield* journal.advance(actor, { _tag: "Settled", ...ending, review })
  yield* Effect.logInfo(
    `settled ${beads} (${actor}): ${ending.end}: ${ending.detail}${released._tag === "Released" ? "; claim released" : ""}`
  )
  const isUnheld = released._tag === "Released" || released.holder === undefined || released.holder === actor
  return { _tag: "Ended", attempt: settled, promptIsOver: isUnheld || ending.end === "claim_lost" }
})
