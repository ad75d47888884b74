import { Clock, Effect } from "effect"
import { isLive, Job } from "../../domain/Job.ts"
import { localZone } from "../../domain/localZone.ts"
import { resetTime } from "../../domain/resetTime.ts"
import { oneLine } from "../../domain/Text.ts"
import { fileTail } from "../../exec/fileTail.ts"
import { lastLines, readEnd, TAIL_BYTES } from "./readEnd.ts"
import { readUsage } from "./readUsage.ts"
import type { Cli } from "./finding.ts"

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

/** What the job used; `undefined` if its log does not tell, or cannot be read. */
const usageOf = Effect.fn("endOfJob.usage")(function* ({ beads, startedAt }: Job, cli: Cli | undefined, log?: string) {
  if (log === undefined) return undefined
  return yield* Effect.catchAll(readUsage(log, { cli, startedAt }), ({ message }) =>
    Effect.as(Effect.logWarning(`${beads}: its log cannot be read, so what it used is unknown: ${message}`), undefined)
  )
})

/** Until when a limit holds that ended a job, as was printed when it ended. `undefined` if that is not told. */
export const freeAtOf = Effect.fn("endOfJob.freeAt")(function* (
  { endedAt }: Pick<Job, "endedAt">,
  limit: string | undefined
) {
  return limit === undefined ? undefined : resetTime(limit, endedAt ?? (yield* Clock.currentTimeMillis), localZone)
})

/**
 * The job with what the end of its log tells: see `readEnd`. Does not read the log of a job that may work. If the result of a job
 * is unknown, its log blames nobody.
 *
 * @example
 * withEnd(job, "opencode") // job.words: "Rate limit reached for m1", job.fault: "provider"
 */
export const withEnd = Effect.fn("withEnd")(function* (
  job: Job,
  cli: Cli | undefined,
  log = job.log
): Effect.fn.Return<Job> {
  if (isLive(job)) return job
  // Only a failed job's exit code is the agent's own: dx-runner has others for a job without a commit, and a stop has one.
  const exitCode = job.phase === "failed" ? job.exitCode : job.phase === "stopped" ? undefined : 0
  const { limit, words, ...finding } = readEnd({ cli, exitCode, tail: yield* tailOf(job, log) })
  const freeAt = yield* freeAtOf(job, limit)
  const usage = yield* usageOf(job, cli, log)
  return Job.make({ ...job, words, usage, ...(job.phase === "gone" ? {} : { ...finding, freeAt }) })
})

/** Lines that are shown of a check's output, and the characters of each. */
const SHOWN_LINES = 5
const SHOWN_LENGTH = 160

/** The last lines of a job's output, each cut to a length; empty if there are none, or if the log cannot be read. */
export const lastLinesOf = (job: Job): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(tailOf(job, job.log), (tail) =>
    lastLines(tail)
      .slice(-SHOWN_LINES)
      .map((line) => oneLine(line, SHOWN_LENGTH))
      .filter((line) => line !== "")
  )
