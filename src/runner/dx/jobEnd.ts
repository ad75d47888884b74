import { Effect } from "effect"
import { Job } from "../../domain/Job.ts"
import type { JobTrace } from "../DxRunner.ts"
import { freeAtOf, withEnd } from "../jobEnd/endOfJob.ts"
import type { Cli } from "../jobEnd/finding.ts"
import { byReasonCode } from "./judgement.ts"

/** dx-runner's own place, which no setting changes. */
const LOGS = "/tmp/dx-runner"

const CLIS: ReadonlyMap<string, Cli> = new Map([
  ["opencode", "opencode"],
  ["cc-glm", "claude"],
  ["claude-code", "claude"],
  ["gemini", "gemini"]
])

/** A report names no log, but each job of a bug has the same one. */
const logOf = ({ beads, provider }: Job, trace: JobTrace | undefined): string => {
  const name = `/${provider}/${beads}.log`
  return trace?.log?.endsWith(name) === true ? trace.log : `${LOGS}${name}`
}

/** What dx-runner's own reason for a failed job means, such as `opencode_rate_limited`. It calls none the bug's fault. */
const meaningOf = ({ phase, reason = "" }: Job) =>
  phase === "failed" && Object.hasOwn(byReasonCode, reason) ? byReasonCode[reason] : undefined

/** The job with what the end of its log tells. Where the log proves nothing, dx-runner's own reason may. */
export const withDxEnd = Effect.fn("dx-runner.withEnd")(function* (reported: Job, trace: JobTrace | undefined) {
  const job = yield* withEnd(reported, CLIS.get(reported.provider), logOf(reported, trace))
  if (job.needs !== undefined) return job
  const meaning = job.fault === undefined ? meaningOf(job) : undefined
  if (meaning?.needs !== undefined) return Job.make({ ...job, needs: meaning.needs })
  const fault = job.fault ?? meaning?.blame
  const freeAt = job.freeAt ?? (fault === "provider" ? yield* freeAtOf(job, job.words) : undefined)
  return Job.make({ ...job, fault, freeAt })
})
