import { Cause, Effect, Either, type Scope } from "effect"
import { ackOfFoundJob, type Ack } from "../../domain/Ack.ts"
import {
  AckTimedOut,
  type ClaimFailed,
  type JournalFailed,
  type PreflightFailed,
  type RunnerFailed,
  type TrackerFailed
} from "../../domain/Failure.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { emit } from "../../domain/Events.ts"
import type { Journal } from "../../journal/Journal.ts"
import type { PromptStore } from "../../prompt/PromptStore.ts"
import { DxRunner, type JobRequest } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import type { ProviderPool } from "../providers/ProviderPool.ts"
import { handOverJob } from "./handOverJob.ts"
import { acknowledge, handOver, type Prepared } from "./prepare.ts"

type StartError = PreflightFailed | RunnerFailed | AckTimedOut | JournalFailed
type ClaimError = ClaimFailed | TrackerFailed
type Services = DxRunner | Journal | PromptStore | Workspaces

/** The runner's job for this bug; `undefined` if there is none, or if the job is older than this attempt. */
const newJob = Effect.fn("startJob.newJob")(function* (request: JobRequest, { record }: Prepared) {
  const runner = yield* DxRunner
  const job = yield* runner.job(request.beads, yield* record.trace)
  return job?.runInstance !== undefined && job.runInstance === request.previousRun ? undefined : job
})

/** Whether the runner sees an agent at work. A job that is `starting` or `unknown` may have one. */
const isAtWork = (job: Job): boolean => job.phase === "running" || job.phase === "stalled"

/** The job may run, although the start failed: keeps claim, prompt and worktree. Ends the provider chain. */
const keepInDoubt = Effect.fn("startJob.keepInDoubt")(function* (
  { provider }: JobRequest,
  prepared: Prepared,
  detail: string
): Effect.fn.Return<never, AckTimedOut, Services> {
  yield* handOver(prepared)
  return yield* new AckTimedOut({ provider: provider.name, waitedMs: 0, job: "uncertain", detail })
})

/**
 * After a failed start: takes a full or broken provider out of the run. Otherwise asks whether the job runs, because a
 * runner may fail after it has started the job.
 */
const recover = Effect.fn("startJob.recover")(function* (
  pool: ProviderPool,
  request: JobRequest,
  prepared: Prepared,
  error: StartError
): Effect.fn.Return<Ack, StartError, Services> {
  if (error._tag === "PreflightFailed" || (error._tag === "RunnerFailed" && error.capacity)) {
    yield* pool.markDown(request.provider, error)
    return yield* error
  }
  // The starting process ends without a start if it is not on record.
  if (error._tag === "JournalFailed") return yield* error
  if (error._tag === "AckTimedOut") {
    if (error.job === "uncertain") yield* handOver(prepared)
    return yield* error
  }
  const job = yield* Effect.either(newJob(request, prepared))
  if (Either.isLeft(job)) {
    // Each start records its process first, so without a record nothing was started.
    const { starter } = yield* prepared.record.trace
    if (starter === undefined) return yield* error
    return yield* keepInDoubt(
      request,
      prepared,
      `start failed: ${error.message}; the runner cannot tell: ${job.left.message}`
    )
  }
  const found = job.right
  if (found === undefined || !isLive(found)) return yield* error
  if (!isAtWork(found)) {
    return yield* keepInDoubt(request, prepared, `start failed: ${error.message}; the job is ${found.phase}`)
  }
  yield* Effect.logWarning(`${request.beads}: start failed, but the job runs, so it keeps its claim: ${error.message}`)
  return ackOfFoundJob(found, "late")
})

/**
 * Whether an interrupted start may have left a running agent, or work of an agent. If dx-runner is ended after it launched
 * the agent and before it noted the process, its status is gone although the agent runs.
 */
const mayHaveBegun = (job: Job): boolean =>
  isLive(job) || (job.runInstance !== undefined && job.phase !== "failed" && job.phase !== "stopped")

/**
 * After a start that an interruption or a defect cut short: keeps claim, prompt and worktree if the job may run, also if
 * the runner does not answer in time. Settling reads the claim again.
 */
const keepIfBegun = (request: JobRequest, prepared: Prepared): Effect.Effect<void, never, Services> =>
  newJob(request, prepared).pipe(
    Effect.interruptible,
    Effect.timeout(INTERRUPT_GRACE),
    Effect.matchCauseEffect({
      onSuccess: (job) =>
        job !== undefined && mayHaveBegun(job)
          ? Effect.zipRight(
              handOver(prepared),
              isAtWork(job) ? acknowledge(prepared, ackOfFoundJob(job, "late")) : Effect.void
            )
          : Effect.void,
      onFailure: () => handOver(prepared)
    })
  )

/**
 * Starts the job with one provider: preflight, slot, claim read again, start, acknowledgement, claim read again, hand-over.
 * Nothing can interrupt it between acknowledgement and hand-over. Before that, an interruption asks the runner first whether
 * the job has begun.
 */
export const startJob = (
  pool: ProviderPool,
  request: JobRequest,
  prepared: Prepared
): Effect.Effect<Ack, StartError | ClaimError, Services> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* (): Effect.fn.Return<Ack, StartError | ClaimError, Services | Scope.Scope> {
      const runner = yield* DxRunner
      const { beads, previousRun, provider } = request
      yield* emit({ _tag: "StepBegun", beads, step: "preflight", detail: provider.name })
      yield* restore(pool.preflight(provider))
      const slot = yield* pool.slot(provider)
      yield* emit({ _tag: "StepBegun", beads, step: "start", detail: provider.name })
      yield* restore(prepared.claim.verify)
      yield* prepared.record.advance({ _tag: "Starting", provider: provider.name, previousRun })
      const ack = yield* runner.start(request).pipe(
        Effect.catchAll((error) => recover(pool, request, prepared, error)),
        restore,
        Effect.onError((cause) => (Cause.isFailure(cause) ? Effect.void : keepIfBegun(request, prepared)))
      )
      yield* handOverJob(request, prepared, ack, restore)
      yield* slot.use
      return ack
    }).pipe(Effect.scoped)
  )
