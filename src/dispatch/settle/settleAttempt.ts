import { Clock, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Attempt, Ending } from "../../domain/Attempt.ts"
import type { DispatchError, JournalFailed, RunnerFailed, WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Job } from "../../domain/Job.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Alert, Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { comment } from "../../beads/comment.ts"
import { spared } from "../providers/probation.ts"
import { verdict } from "./verdict.ts"

/** What settling one attempt needs. */
export type SettleServices = Journal | BeadsCli | DxRunner | Workspaces

/** An attempt that was looked at: it ended, its job runs, or nobody can tell yet. */
export type Settled =
  | { readonly _tag: "Ended"; readonly attempt: Attempt; readonly givenBack: boolean }
  | { readonly _tag: "Running"; readonly attempt: Attempt }
  | { readonly _tag: "Open"; readonly attempt: Attempt; readonly why: string }

/**
 * A worktree that holds no work goes; what stays is named. A job that left nothing behind has done nothing. Fails where the
 * host is in the way: whether there is work to look at, another run finds out.
 */
const clearWorkspace = Effect.fn("settle.workspace")(function* (attempt: Attempt, ending: Ending) {
  const { beads, repository, workspace } = attempt
  if (workspace === undefined) return ending
  const workspaces = yield* Workspaces
  const left = yield* workspaces.discard(beads, repository, workspace).pipe(
    Effect.catchIf(
      ({ blame }) => blame !== "host",
      (error) => Effect.as(Effect.logWarning(`${beads}: ${workspace.path} stays: ${error.message}`), undefined)
    )
  )
  if (left?._tag === "Kept") {
    yield* Effect.logInfo(`${beads}: worktree ${workspace.path} stays: it holds ${left.holds}`)
    const where = `${workspace.path}${workspace.branch === undefined ? "" : ` (branch ${workspace.branch})`}`
    return { ...ending, detail: `${ending.detail}; ${left.holds} in ${where}` }
  }
  if (left === undefined || ending.end !== "succeeded") return ending
  return { end: "no_op", blame: "issue", detail: `${ending.detail}, but changed nothing` } satisfies Ending
})

/**
 * Before its claim goes, so that no dispatcher anywhere takes a bug again whose work waits to be looked at. Where the
 * tracker takes no label, at least this one remembers.
 */
const markForReview = Effect.fn("settle.review")(function* ({ actor, beads }: Attempt, { detail }: Ending) {
  const beadsCli = yield* BeadsCli
  const marked = yield* Effect.either(beadsCli.label(beads, actor, REVIEW_LABEL))
  if (Either.isLeft(marked)) yield* Effect.logWarning(`${beads} is not marked for review: ${marked.left.message}`)
  const again = Either.isLeft(marked) ? "change its description" : `remove the label ${REVIEW_LABEL}`
  const text = `${detail}. Look at it, then close the bug; to have it tried again, ${again}.`
  yield* comment(beads, actor, text, "its work")
  return Either.isLeft(marked) ? "journal" : "label"
})

/**
 * Puts back what the attempt still has. How it ended is written down before its claim goes, and that it is over after: what
 * is cut short in between is done by the next run, to the same end.
 */
const finish = Effect.fn("settle.finish")(function* (
  attempt: Attempt,
  ending: Ending
): Effect.fn.Return<Settled, DispatchError, SettleServices> {
  const [beads, journal] = yield* Effect.all([BeadsCli, Journal])
  const { actor } = attempt
  if (attempt.phase !== "ending") yield* journal.advance(actor, { _tag: "Ending", ...ending })
  const issue = yield* beads.show(attempt.beads)
  const ours = issue?.assignee === actor
  const review =
    ours && ending.end === "succeeded" && issue.status !== "closed" ? yield* markForReview(attempt, ending) : undefined
  const released = yield* beads.release(attempt.beads, actor)
  const settled = yield* journal.advance(actor, { _tag: "Settled", ...ending, review })
  const givenBack = released._tag === "Released"
  yield* Effect.logInfo(
    `settled ${attempt.beads} (${actor}): ${ending.end}: ${ending.detail}${givenBack ? "; claim given back" : ""}`
  )
  return { _tag: "Ended", attempt: settled, givenBack }
})

/** Ends a job that has run for too long. Says whether it is gone. */
const stop = Effect.fn("settle.stop")(function* ({ actor, beads }: Attempt) {
  const [runner, journal] = yield* Effect.all([DxRunner, Journal])
  yield* Effect.logWarning(`${beads}: its job has run for too long and is ended`)
  const gone = yield* runner.stop(beads)
  if (!gone) {
    const text = `The job for ${beads} has run for too long and could not be ended.`
    yield* journal.raise(Alert.make({ key: `stuck ${actor}`, kind: "claim_stuck", beads, text }))
  }
  return gone
})

/** The job of a bug. Where the runner can, it has to say twice that there is none: one that breaks may say so too. */
const knownJob = Effect.fn("settle.job")(function* (
  beads: BeadsId
): Effect.fn.Return<Job | undefined, RunnerFailed, DxRunner> {
  const runner = yield* DxRunner
  const job = yield* runner.job(beads)
  if (job !== undefined) return job
  const running = yield* Effect.orElseSucceed(runner.running, (): ReadonlyArray<Job> => [])
  return running.find((one) => one.beads === beads)
})

/** Moves one attempt on, from whatever phase, as far as the runner and the tracker allow. */
export const settleAttempt = Effect.fn("settleAttempt")(function* (
  attempt: Attempt,
  lastSign: number
): Effect.fn.Return<Settled, JournalFailed, SettleServices> {
  const [beads, journal, settings] = yield* Effect.all([BeadsCli, Journal, CurrentSettings])
  const open = (why: string): Settled => ({ _tag: "Open", attempt, why })
  const ended = (ending: Effect.Effect<Ending, WorkspaceFailed | JournalFailed, Workspaces | Journal>) =>
    Effect.flatMap(ending, (known) => finish(attempt, known)).pipe(
      Effect.catchIf(
        (error): error is Exclude<DispatchError, JournalFailed> => error._tag !== "JournalFailed",
        (error) => Effect.succeed(open(error.message))
      )
    )
  const cleared = (ending: Ending) =>
    ended(Effect.flatMap(clearWorkspace(attempt, ending), (known) => spared(attempt, known)))
  const { end } = attempt
  if (attempt.phase === "ending" && end !== undefined) {
    return yield* ended(Effect.succeed({ ...attempt, end, detail: attempt.detail ?? "" }))
  }
  const job = yield* Effect.either(knownJob(attempt.beads))
  if (Either.isLeft(job)) return open(`the runner cannot tell: ${job.left.message}`)
  const now = yield* Clock.currentTimeMillis
  const told = verdict({ attempt, job: job.right, settings, now, lastSign })
  switch (told._tag) {
    case "Leave": {
      if (told.unclaimed !== undefined) {
        const issue = yield* Effect.either(beads.show(attempt.beads))
        const unclaimed = Either.isRight(issue) && issue.right?.assignee !== attempt.actor
        if (unclaimed) return yield* ended(Effect.succeed(told.unclaimed))
      }
      return attempt.phase === "acknowledged" ? { _tag: "Running", attempt } : open(told.why)
    }
    case "Adopt":
      yield* Effect.logInfo(`${attempt.beads}: its job runs, though the run that started it ended before it knew`)
      return {
        _tag: "Running",
        attempt: yield* journal.advance(attempt.actor, { _tag: "Acknowledged", ack: told.ack })
      }
    case "Overrun": {
      const gone = yield* Effect.either(stop(attempt))
      if (Either.isLeft(gone)) {
        return gone.left._tag === "JournalFailed" ? yield* gone.left : open(`not ended: ${gone.left.message}`)
      }
      return gone.right ? yield* cleared(told.ending) : open("its job has run for too long and could not be ended")
    }
    case "Ended":
      return yield* cleared(told.ending)
  }
})
