import type { Ending } from "../../domain/Attempt.ts"
import type { Job } from "../../domain/Job.ts"

/** A job in words: its provider, its exit code and the runner's reason, as far as they are known. */
export const describeJob = ({ exitCode, provider, reason }: Job): string =>
  [provider, ...(exitCode === undefined ? [] : [`exit ${exitCode}`]), ...(reason === undefined ? [] : [reason])].join(
    ", "
  )

/** Reasons of a runner, such as `auth_failed`, that are the provider's fault and not the bug's. */
const PROVIDER_FAULT =
  /(?<![a-z])(?:auth|auth(?:entication|ori[sz]ation)|unauthori[sz]ed|quota|rate.?limit(?:ed|s)?|model|provider|capacity|permission|credits?|overload(?:ed)?)(?![a-z])/i

/** How an attempt ended whose job is over. */
export const endingOfJob = (job: Job): Ending => {
  const about = describeJob(job)
  switch (job.phase) {
    case "succeeded":
      return { end: "succeeded", detail: `the job ended well (${about})` }
    case "no_op":
      return { end: "no_op", blame: "issue", detail: `the job ended well and changed nothing (${about})` }
    case "failed":
      return {
        end: "failed",
        blame: PROVIDER_FAULT.test(job.reason ?? "") ? "provider" : "issue",
        detail: `the job failed (${about})`
      }
    case "stalled":
      return { end: "stalled", blame: "issue", detail: `the job hung (${about})` }
    case "stopped":
      return { end: "stopped", blame: "runner", detail: `the job was stopped (${about})` }
    case "gone":
    case "running":
    case "starting":
    case "unknown":
      return { end: "lost", blame: "runner", detail: `the job is gone, and its result is unknown (${about})` }
  }
}
