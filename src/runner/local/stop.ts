import { Effect } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { Exec, type EndedPart } from "../../exec/Exec.ts"
import type { JobTrace } from "../DxRunner.ts"
import { leftBehind, stopDone, traitsOfTrace, unreadable } from "../jobTrace.ts"
import { toJob, traitsOf, type LocalJob } from "./job.ts"
import { mark, unmarkStopped } from "./jobFiles.ts"

/** Ends the processes of a job as its record describes them. */
export const endRecorded = Effect.fn("LocalRunner.endRecorded")(function* (job: LocalJob, part: EndedPart) {
  const exec = yield* Exec
  return yield* Effect.mapError(exec.endJob(traitsOf(job), part), unreadable(`stop ${job.record.beads}`))
})

/** Ends the processes of the attempt that the record does not describe: its record is lost, or was never written. */
const endTraced = Effect.fn("LocalRunner.endTraced")(function* (
  id: BeadsId,
  job: LocalJob | undefined,
  trace: JobTrace | undefined,
  part: EndedPart
) {
  if (trace === undefined || job?.record.attempt === trace.attempt) return undefined
  const exec = yield* Exec
  return yield* Effect.mapError(exec.endJob(traitsOfTrace(trace), part), unreadable(`stop ${id}`))
})

/** Ends the bug's newest job, and what else carries the attempt. Returns whether nothing of it works any more. */
export const stopLocally = Effect.fn("LocalRunner.stop")(function* (
  id: BeadsId,
  job: LocalJob | undefined,
  trace: JobTrace | undefined
) {
  const isOurStop = job !== undefined && isLive(toJob(job)) && !job.stopped
  if (isOurStop) yield* mark(job, "stopped")
  const recorded = job === undefined || (yield* stopDone(id, yield* endRecorded(job, "all")))
  if (isOurStop && !recorded) yield* unmarkStopped(job)
  const left = yield* endTraced(id, job, trace, "all")
  return recorded && (left === undefined || (yield* stopDone(id, left)))
}, Effect.uninterruptible)

/** Ends what a job that has ended left behind, and returns the rest in words. */
export const endLeftoversLocally = Effect.fn("LocalRunner.endLeftovers")(function* (
  id: BeadsId,
  job: LocalJob | undefined,
  trace: JobTrace
) {
  if (job !== undefined && isLive(toJob(job))) {
    const detail = `the job ${job.record.runInstance} may still work, so nothing of it is ended`
    return yield* new RunnerFailed({ operation: `leftovers ${id}`, detail, blame: "runner" })
  }
  const recorded = job === undefined ? [] : leftBehind(yield* endRecorded(job, "leftovers"))
  const traced = yield* endTraced(id, job, trace, "leftovers")
  return [...recorded, ...(traced === undefined ? [] : leftBehind(traced))]
}, Effect.uninterruptible)

/** Counts a job as over whose end cannot be told. A newer job of the bug is left as it is. */
export const abandonLocally = (job: LocalJob | undefined, { attempt }: JobTrace) =>
  job !== undefined && toJob(job).phase === "unknown" && (job.record.attempt ?? attempt) === attempt
    ? mark(job, "abandoned")
    : Effect.void
