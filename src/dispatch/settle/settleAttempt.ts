import { Effect, Either, Option } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { endingOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import { moment } from "../../domain/BootClock.ts"
import type { JournalFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { Job } from "../../domain/Job.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { abandon } from "./abandon.ts"
import { traceOf } from "../attempt/trace.ts"
import { withEndOfLog } from "./jobEnding.ts"
import { settleCheck } from "./checkWork.ts"
import { clearedAndFinished } from "./clearedAndFinished.ts"
import {
  finished,
  stillOpen,
  type Claims,
  type SettleBounds,
  type Settlement,
  type SettleServices
} from "./settlement.ts"
import { settleRunning } from "./settleRunning.ts"
import { stopJob } from "./stopJob.ts"
import { verdict, type Verdict } from "./verdict.ts"

type Step = Effect.fn.Return<Settlement, JournalFailed, SettleServices>

/**
 * The job of an attempt's bug; `undefined` if there is none. If `job` finds none, the list of running jobs must not have one
 * either, because dx-runner's answer after a crash may look like "none". Fails if either cannot be told.
 */
const jobFor = Effect.fn("settle.job")(function* (
  attempt: Attempt
): Effect.fn.Return<Job | undefined, RunnerFailed, DxRunner> {
  const runner = yield* DxRunner
  const job = yield* runner.job(attempt.beads, traceOf(attempt))
  return job ?? (yield* runner.running).find(({ beads }) => beads === attempt.beads)
})

const wait = Effect.fn("settle.wait")(function* (
  attempt: Attempt,
  { unclaimed, why }: Verdict & { _tag: "Wait" },
  claims: Claims
): Step {
  if (unclaimed !== undefined) {
    const issue = yield* Effect.either(Effect.flatMap(BeadsCli, (tracker) => tracker.show(attempt.beads)))
    const isUnclaimed = Either.isRight(issue) && issue.right?.assignee !== attempt.actor
    if (isUnclaimed) return yield* finished(attempt, unclaimed, claims)
  }
  return stillOpen(attempt, why)
})

const acknowledge = Effect.fn("settle.acknowledge")(function* (
  { actor, beads }: Attempt,
  { ack, job }: Verdict & { _tag: "Acknowledge" },
  claims: Claims
): Step {
  const journal = yield* Journal
  yield* Effect.logInfo(`${beads}: its job runs, but the run that started the job ended before the journal had it`)
  return yield* settleRunning(yield* journal.advance(actor, { _tag: "Acknowledged", ack }), job, claims)
})

/** The job has ended, or was never started. What a job left behind is ended before anything looks at its worktree. */
const ended = Effect.fn("settle.ended")(function* (
  attempt: Attempt,
  { ending, jobEndedAt, withoutWork }: Verdict & { _tag: "Ended" },
  claims: Claims
): Step {
  if (attempt.phase === "starting" || attempt.phase === "acknowledged") {
    const runner = yield* DxRunner
    const left = yield* Effect.either(runner.endLeftovers(attempt.beads, traceOf(attempt)))
    if (Either.isLeft(left)) {
      return stillOpen(attempt, `what its job left behind cannot be ended: ${left.left.message}`)
    }
    if (left.right.length > 0) {
      yield* Effect.logWarning(
        `${attempt.beads}: its job has ended; left alone: ${oneLine(left.right.join("; "), 1000)}`
      )
    }
  }
  return yield* clearedAndFinished(attempt, { ending, withoutWork, jobEndedAt }, claims)
})

/** Its job, or the start of it, had run too long and was stopped. The end of its log may tell what it waited for. */
const stopped = Effect.fn("settle.stopped")(function* (attempt: Attempt, ending: Ending, claims: Claims): Step {
  const job = ending.end === "stalled" ? yield* Effect.option(jobFor(attempt)) : Option.none()
  const found = Option.isSome(job) && job.value?.phase === "stopped" ? job.value : undefined
  const final = found === undefined ? ending : withEndOfLog(ending, found)
  return yield* clearedAndFinished(attempt, { ending: final }, claims)
})

/** Moves one attempt on, from any phase, as far as the runner, the tracker and the bounds allow. */
export const settleAttempt = Effect.fn("settleAttempt")(function* (
  attempt: Attempt,
  lastSign: number,
  claims: Claims,
  { mayAbandon }: Pick<SettleBounds, "mayAbandon">
): Step {
  const settings = yield* CurrentSettings
  const ending = endingOf(attempt)
  if (ending !== undefined) return yield* finished(attempt, ending, claims)
  if (attempt.phase === "verifying") return yield* settleCheck(attempt, claims)
  const job = yield* Effect.either(jobFor(attempt))
  if (Either.isLeft(job)) return stillOpen(attempt, `the runner cannot tell: ${job.left.message}`)
  const { at: now, boot } = yield* moment
  const found = verdict({ attempt, job: job.right, settings, now, boot, lastSign })
  switch (found._tag) {
    case "Running":
      return yield* settleRunning(attempt, found.job, claims)
    case "Wait":
      return yield* wait(attempt, found, claims)
    case "Acknowledge":
      return yield* acknowledge(attempt, found, claims)
    case "Stop":
      return yield* stopJob(attempt, found.why, stopped(attempt, found.ending, claims))
    case "Abandon":
      return mayAbandon
        ? yield* abandon(attempt, found.ending, claims)
        : { _tag: "Open", attempt, why: found.ending.detail, isForRuns: true }
    case "Ended":
      return yield* ended(attempt, found, claims)
  }
})
