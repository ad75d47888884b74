import { Cause, Effect, type Scope } from "effect"
import type { AckTimedOut, JournalFailed, PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import { ackOf, isLive, type Ack } from "../domain/Job.ts"
import { LEAVING } from "../domain/Leaving.ts"
import { DxRunner, type JobRequest } from "../runner/DxRunner.ts"
import { Progress } from "./Progress.ts"
import type { ProviderPool } from "./ProviderPool.ts"

type StartError = PreflightFailed | RunnerFailed | AckTimedOut

/** What is to happen around a start. */
export interface StartHooks {
  /** Right before the runner is asked: from then on a job may exist. */
  readonly starting: Effect.Effect<void, JournalFailed>
  /** A job exists, or may: what it needs is its own from here on. `ack` is absent when nobody can tell. */
  readonly handOver: (ack: Ack | undefined) => Effect.Effect<void>
}

/** The job of this request, if the runner knows one that runs and was not there before. */
const runningAnyway = Effect.fn("startJob.runningAnyway")(function* (request: JobRequest) {
  const runner = yield* DxRunner
  const job = yield* runner.job(request.beads)
  const before = job?.runInstance !== undefined && job.runInstance === request.previousRun
  return job === undefined || !isLive(job) || before ? undefined : ackOf(job, "late")
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
  const ack = yield* Effect.orElseSucceed(runningAnyway(request), () => undefined)
  if (ack === undefined) return yield* error
  yield* Effect.logWarning(`${request.beads}: the job runs although start failed: ${error.message}`)
  return ack
})

/**
 * Cut short in the middle of a start, by an interruption or a defect: nobody has said no, so a job that runs, or of which
 * nobody can tell in time, keeps what it needs.
 */
const cutShort = (request: JobRequest, { handOver }: StartHooks): Effect.Effect<void, never, DxRunner> =>
  runningAnyway(request).pipe(
    Effect.interruptible,
    Effect.timeout(LEAVING),
    Effect.matchCauseEffect({
      onSuccess: (ack) => (ack === undefined ? Effect.void : handOver(ack)),
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
