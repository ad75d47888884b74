import { Cause, Effect, type Scope } from "effect"
import { ackOfFoundJob, type Ack } from "../../domain/Ack.ts"
import type { AckTimedOut, ClaimFailed, JournalFailed, PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import { INTERRUPT_GRACE } from "../../domain/interruption.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { Progress } from "../../domain/Progress.ts"
import type { PromptStore } from "../../prompt/PromptStore.ts"
import { DxRunner, type JobRequest } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import type { ProviderPool } from "../providers/ProviderPool.ts"
import { handOver, type Prepared } from "./prepare.ts"

type StartError = PreflightFailed | RunnerFailed | AckTimedOut | JournalFailed
type Services = DxRunner | PromptStore | Workspaces

/** The runner's job for this bug; `undefined` if there is none, or if the job is older than this attempt. */
const newJob = Effect.fn("startJob.newJob")(function* (request: JobRequest) {
  const runner = yield* DxRunner
  const job = yield* runner.job(request.beads)
  return job?.runInstance !== undefined && job.runInstance === request.previousRun ? undefined : job
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
  if (error._tag === "AckTimedOut") {
    if (error.job === "uncertain") yield* handOver(prepared, undefined)
    return yield* error
  }
  const job = yield* Effect.orElseSucceed(newJob(request), () => undefined)
  if (job === undefined || !isLive(job)) return yield* error
  yield* Effect.logWarning(`${request.beads}: start failed, but the job runs, so it keeps its claim: ${error.message}`)
  return ackOfFoundJob(job, "late")
})

/**
 * Whether an interrupted start may have left a running agent, or work of an agent. If dx-runner is ended after it launched
 * the agent and before it noted the process, its status is gone although the agent runs.
 */
const mayHaveBegun = (job: Job): boolean =>
  isLive(job) || (job.runInstance !== undefined && job.phase !== "failed" && job.phase !== "stopped")

/**
 * After a start that an interruption or a defect cut short: keeps claim, prompt and worktree if the job may run, also if
 * the runner does not answer in time.
 */
const keepIfBegun = (request: JobRequest, prepared: Prepared): Effect.Effect<void, never, Services> =>
  newJob(request).pipe(
    Effect.interruptible,
    Effect.timeout(INTERRUPT_GRACE),
    Effect.matchCauseEffect({
      onSuccess: (job) =>
        job !== undefined && mayHaveBegun(job)
          ? handOver(prepared, isLive(job) ? ackOfFoundJob(job, "late") : undefined)
          : Effect.void,
      onFailure: () => handOver(prepared, undefined)
    })
  )

/**
 * Starts the job with one provider: preflight, slot, start, acknowledgement, hand-over. Nothing can interrupt it between
 * acknowledgement and hand-over. Before that, an interruption asks the runner first whether the job has begun.
 */
export const startJob = (
  pool: ProviderPool,
  request: JobRequest,
  prepared: Prepared
): Effect.Effect<Ack, StartError | ClaimFailed, Services> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* (): Effect.fn.Return<Ack, StartError | ClaimFailed, Services | Scope.Scope> {
      const [runner, progress] = yield* Effect.all([DxRunner, Progress])
      const { beads, previousRun, provider } = request
      yield* prepared.claim.verify
      yield* progress.step(beads, "preflight", provider.name)
      yield* restore(pool.preflight(provider))
      const slot = yield* pool.slot(provider)
      yield* progress.step(beads, "start", provider.name)
      yield* prepared.record.advance({ _tag: "Starting", provider: provider.name, previousRun })
      const ack = yield* runner.start(request).pipe(
        Effect.catchAll((error) => recover(pool, request, prepared, error)),
        restore,
        Effect.onError((cause) => (Cause.isFailure(cause) ? Effect.void : keepIfBegun(request, prepared)))
      )
      yield* handOver(prepared, ack)
      yield* slot.use
      return ack
    }).pipe(Effect.scoped)
  )
