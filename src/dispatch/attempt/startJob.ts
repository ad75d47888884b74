import { Cause, Effect, type Scope } from "effect"
import type { AckTimedOut, JournalFailed, PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import { ackOfFoundJob, type Ack } from "../../domain/Ack.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import { DxRunner, type JobRequest } from "../../runner/DxRunner.ts"
import { Progress } from "../../domain/Progress.ts"
import type { ProviderPool } from "../providers/ProviderPool.ts"

type StartError = PreflightFailed | RunnerFailed | AckTimedOut

/** What is to happen around a start. */
export interface StartHooks {
  /** Right before the runner is asked: from then on a job may exist. */
  readonly starting: Effect.Effect<void, JournalFailed>
  /** A job exists, or may: what it needs is its own from here on. `ack` is absent when nobody can tell. */
  readonly handOver: (ack: Ack | undefined) => Effect.Effect<void>
}

/** What the runner has on record for this issue, if it was not there before. */
const newJob = Effect.fn("startJob.newJob")(function* (request: JobRequest) {
  const runner = yield* DxRunner
  const job = yield* runner.job(request.beads)
  return job?.runInstance !== undefined && job.runInstance === request.previousRun ? undefined : job
})

/**
 * A start that failed: out of the run with a provider that is full or down, and a look whether the job runs all the same,
 * because a runner that says no may have started it.
 */
const afterFailure = Effect.fn("startJob.afterFailure")(function* (
  pool: ProviderPool,
  request: JobRequest,
  { handOver }: StartHooks,
  error: StartError
): Effect.fn.Return<Ack, StartError, DxRunner> {
  if (error._tag === "PreflightFailed" || (error._tag === "RunnerFailed" && error.capacity)) {
    yield* pool.markDown(request.provider, error)
    return yield* error
  }
  if (error._tag === "AckTimedOut") {
    if (error.job === "uncertain") yield* handOver(undefined)
    return yield* error
  }
  const job = yield* Effect.orElseSucceed(newJob(request), () => undefined)
  if (job === undefined || !isLive(job)) return yield* error
  yield* Effect.logWarning(`${request.beads}: the job runs although start failed: ${error.message}`)
  return ackOfFoundJob(job, "late")
})

/**
 * Whether a start that nobody saw the end of may have left an agent at work, or its work. A runner that was ended between
 * its launch and its note of the process calls the job gone, and the agent lives.
 */
const mayHaveBegun = (job: Job): boolean =>
  isLive(job) || (job.runInstance !== undefined && job.phase !== "failed" && job.phase !== "stopped")

/**
 * Cut short in the middle of a start, by an interruption or a defect: nobody has said no, so a job that runs, or of which
 * nobody can tell in time, keeps what it needs.
 */
const cutShort = (request: JobRequest, { handOver }: StartHooks): Effect.Effect<void, never, DxRunner> =>
  newJob(request).pipe(
    Effect.interruptible,
    Effect.timeout(INTERRUPT_GRACE),
    Effect.matchCauseEffect({
      onSuccess: (job) =>
        job !== undefined && mayHaveBegun(job)
          ? handOver(isLive(job) ? ackOfFoundJob(job, "late") : undefined)
          : Effect.void,
      onFailure: () => handOver(undefined)
    })
  )

/**
 * Preflight, slot, start, acknowledgement, hand-over. From the acknowledgement to the hand-over nothing can interrupt, and
 * whatever cuts it short before that asks the runner first.
 */
export const startJob = (
  pool: ProviderPool,
  request: JobRequest,
  hooks: StartHooks
): Effect.Effect<Ack, StartError | JournalFailed, DxRunner> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* (): Effect.fn.Return<Ack, StartError | JournalFailed, DxRunner | Scope.Scope> {
      const [runner, progress] = yield* Effect.all([DxRunner, Progress])
      yield* progress.step(request.beads, "preflight", request.provider.name)
      yield* restore(pool.preflight(request.provider))
      const slot = yield* pool.slot(request.provider)
      yield* progress.step(request.beads, "start", request.provider.name)
      yield* hooks.starting
      const ack = yield* runner.start(request).pipe(
        Effect.catchAll((error) => afterFailure(pool, request, hooks, error)),
        restore,
        Effect.onError((cause) => (Cause.isFailure(cause) ? Effect.void : cutShort(request, hooks)))
      )
      yield* hooks.handOver(ack)
      yield* slot.use
      return ack
    }).pipe(Effect.scoped)
  )
