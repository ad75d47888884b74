import { Effect } from "effect"
import { isLive, Job } from "../../domain/Job.ts"
import { fileTail } from "../../exec/fileTail.ts"
import { readEnd, TAIL_BYTES } from "./readEnd.ts"
import type { Cli } from "./rows.ts"

const tailOf = Effect.fn("endOfJob.tail")(function* ({ beads }: Job, log: string | undefined) {
  if (log === undefined) return ""
  const tail = yield* Effect.catchAll(fileTail(log, TAIL_BYTES), ({ message }) =>
    Effect.as(
      Effect.logWarning(`${beads}: its log cannot be read, so only its exit code tells why it ended: ${message}`),
      ""
    )
  )
  return tail ?? ""
})

/**
 * The job with what the end of its log tells: see `readEnd`. A job that may work is left as it is, and its log is not read. The
 * end of a job that was stopped, or whose result is unknown, proves nobody's fault.
 *
 * @example
 * withEnd(job, "opencode") // job.words: "Incorrect API key provided", job.fault: "provider"
 */
export const withEnd = Effect.fn("withEnd")(function* (
  job: Job,
  cli: Cli | undefined,
  log = job.log
): Effect.fn.Return<Job> {
  if (isLive(job)) return job
  // dx-runner has exit codes of its own for a job that left no commit.
  const exitCode = job.phase === "failed" ? job.exitCode : 0
  const { words, ...finding } = readEnd({ cli, exitCode, tail: yield* tailOf(job, log) })
  const hasResult = job.phase === "failed" || job.phase === "succeeded" || job.phase === "no_op"
  return Job.make({ ...job, words, ...(hasResult ? finding : {}) })
})
