import { Effect, Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { Exec } from "../../exec/Exec.ts"
import type { JobTrace } from "../DxRunner.ts"
import { jobWithoutRecord, traitsOfTrace } from "../jobTrace.ts"

/**
 * The job of an attempt without a record of its own: its start goes on, or its record is lost. `undefined` if no process shows
 * such a job.
 *
 * @example
 * (yield* jobOfTrace(id, trace)) ?? known
 */
export const jobOfTrace = Effect.fn("local.jobOfTrace")(function* (id: BeadsId, trace: JobTrace) {
  const exec = yield* Exec
  const found = yield* Effect.either(exec.jobProcesses(traitsOfTrace(trace)))
  if (Either.isLeft(found)) return jobWithoutRecord(id, trace, { phase: "unknown", reason: found.left.message })
  const { doubtful, roots, working } = found.right
  if (working.length > 0)
    return jobWithoutRecord(id, trace, { phase: "running", reason: "the runner has no record of it" })
  if (roots.length > 0) return jobWithoutRecord(id, trace, { phase: "starting" })
  return doubtful.length > 0 ? jobWithoutRecord(id, trace, { phase: "unknown", reason: doubtful[0] }) : undefined
})
