import { Clock, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { endingOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import type { JournalFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Job } from "../../domain/Job.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Alert, Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import { spareBug } from "../providers/probation.ts"
import { clearWorkspace, finish, type Finished } from "./finish.ts"
import { verdict, type Verdict } from "./verdict.ts"

/** The services that settling one attempt uses. */
export type SettleServices = Journal | BeadsCli | DxRunner | Workspaces

/** What settling found: the attempt ended, its job runs, or its state cannot be known yet (`why`). */
export type Settlement =
  | Finished
  | { readonly _tag: "Running"; readonly attempt: Attempt }
  | { readonly _tag: "Open"; readonly attempt: Attempt; readonly why: string }

type Settling = Effect.Effect<Settlement, JournalFailed, SettleServices>

/** Ends a job that has run too long. Returns whether the job has ended. */
const stopJob = Effect.fn("settle.stop")(function* ({ actor, beads }: Attempt) {
  const [runner, journal] = yield* Effect.all([DxRunner, Journal])
  yield* Effect.logWarning(`${beads}: its job has run longer than limits.maxRuntime and is being ended`)
  const isGone = yield* runner.stop(beads)
  if (!isGone) {
    const text = `The job for ${beads} has run for too long and could not be ended.`
    yield* journal.raise(Alert.make({ key: `stuck ${actor}`, kind: "claim_stuck", beads, text }))
  }
  return isGone
})

/**
 * The job of a bug; `undefined` if there is none. If `job` finds none, the list of running jobs must not have one either,
 * because dx-runner's answer after a crash may look like "none".
 */
const jobFor = Effect.fn("settle.job")(function* (
  beads: BeadsId
): Effect.fn.Return<Job | undefined, RunnerFailed, DxRunner> {
  const runner = yield* DxRunner
  const job = yield* runner.job(beads)
  if (job !== undefined) return job
  const running = yield* Effect.orElseSucceed(runner.running, (): ReadonlyArray<Job> => [])
  return running.find((other) => other.beads === beads)
})

const stillOpen = (attempt: Attempt, why: string): Settlement => ({ _tag: "Open", attempt, why })

/** Finishes the attempt. It stays open for the next run if the tracker, the runner or the host does not answer. */
const finished = (attempt: Attempt, ending: Ending): Settling =>
  Effect.catchAll(finish(attempt, ending), (error) =>
    error._tag === "JournalFailed" ? Effect.fail(error) : Effect.succeed(stillOpen(attempt, error.message))
  )

const clearedAndFinished = (attempt: Attempt, ending: Ending): Settling =>
  clearWorkspace(attempt, ending).pipe(
    Effect.flatMap((cleared) => spareBug(attempt, cleared)),
    Effect.flatMap((final) => finished(attempt, final)),
    Effect.catchTag("WorkspaceFailed", (error) => Effect.succeed(stillOpen(attempt, error.message)))
  )

const wait = Effect.fn("settle.wait")(function* (attempt: Attempt, { unclaimed, why }: Verdict & { _tag: "Wait" }) {
  if (unclaimed !== undefined) {
    const issue = yield* Effect.either(Effect.flatMap(BeadsCli, (tracker) => tracker.show(attempt.beads)))
    const isUnclaimed = Either.isRight(issue) && issue.right?.assignee !== attempt.actor
    if (isUnclaimed) return yield* finished(attempt, unclaimed)
  }
  return attempt.phase === "acknowledged" ? ({ _tag: "Running", attempt } as const) : stillOpen(attempt, why)
})

const stop = Effect.fn("settle.overrun")(function* (attempt: Attempt, ending: Ending) {
  const isGone = yield* Effect.either(stopJob(attempt))
  if (Either.isRight(isGone) && isGone.right) return yield* clearedAndFinished(attempt, ending)
  if (Either.isLeft(isGone) && isGone.left._tag === "JournalFailed") return yield* isGone.left
  const cause = Either.isLeft(isGone) ? `: ${isGone.left.message}` : ""
  return stillOpen(attempt, `its job has run for too long and could not be ended${cause}`)
})

/** Moves one attempt on, from any phase, as far as the runner and the tracker allow. */
export const settleAttempt = Effect.fn("settleAttempt")(function* (
  attempt: Attempt,
  lastSign: number
): Effect.fn.Return<Settlement, JournalFailed, SettleServices> {
  const [journal, settings] = yield* Effect.all([Journal, CurrentSettings])
  const ending = endingOf(attempt)
  if (ending !== undefined) return yield* finished(attempt, ending)
  const job = yield* Effect.either(jobFor(attempt.beads))
  if (Either.isLeft(job)) return stillOpen(attempt, `the runner cannot tell: ${job.left.message}`)
  const now = yield* Clock.currentTimeMillis
  const found = verdict({ attempt, job: job.right, settings, now, lastSign })
  switch (found._tag) {
    case "Wait":
      return yield* wait(attempt, found)
    case "Acknowledge":
      yield* Effect.logInfo(
        `${attempt.beads}: its job runs, but the run that started the job ended before the journal had it`
      )
      return {
        _tag: "Running",
        attempt: yield* journal.advance(attempt.actor, { _tag: "Acknowledged", ack: found.ack })
      }
    case "Stop":
      return yield* stop(attempt, found.ending)
    case "Ended":
      return yield* clearedAndFinished(attempt, found.ending)
  }
})
