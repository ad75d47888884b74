import { DateTime, Duration } from "effect"
import type { Attempt, Ending } from "../../domain/Attempt.ts"
import { ackOfFoundJob, type Ack } from "../../domain/Ack.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import type { Settings } from "../../domain/Settings.ts"

/** What is to be done about an attempt that is not settled. */
export type Verdict =
  /** Nothing now: it is at work, or nobody can tell yet. */
  | {
      readonly _tag: "Leave"
      readonly why: string
      /** How it ended all the same if its claim is not held any more. Nothing else of it may be touched. */
      readonly unclaimed?: Ending
    }
  /** Its job runs, and the journal does not know it yet. */
  | { readonly _tag: "Adopt"; readonly ack: Ack }
  /** Its job has run for too long: it is ended first. */
  | { readonly _tag: "Overrun"; readonly ending: Ending }
  | { readonly _tag: "Ended"; readonly ending: Ending }

/** What a verdict depends on. The same input gives the same verdict. */
export interface Evidence {
  readonly attempt: Attempt
  /** What the runner knows of a job for this bug; nothing when it knows of none. */
  readonly job: Job | undefined
  readonly settings: Pick<Settings, "limits" | "timeouts">
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds since the epoch of the last sign of the program that made the attempt. */
  readonly lastSign: number
}

/**
 * How long the outside effect that was under way may still go on by itself: the tool that a killed program had called
 * lives on, and may claim or start after everybody has looked.
 */
const stillUnderWay = ({ phase }: Attempt, { timeouts }: Evidence["settings"]): Duration.Duration => {
  switch (phase) {
    case "intended":
      return timeouts.beads
    case "claimed":
      return timeouts.workspace
    case "starting":
      return Duration.sum(timeouts.preflight, timeouts.ack)
    case "workspace":
    case "prompt":
    case "acknowledged":
    case "ending":
    case "settled":
      return Duration.zero
  }
}

/** Clocks of two tools, rounded to whole seconds. */
const SLACK = 2_000

/** Whether this job is the attempt's, and not one that was there before or came later by another hand. */
const isOf = (job: Job, { attempt: { ack, createdAt, phase, previousRun }, lastSign }: Evidence): boolean => {
  if (phase !== "starting" && phase !== "acknowledged") return false
  if (job.runInstance !== undefined) {
    if (job.runInstance === ack?.runInstance) return true
    if (job.runInstance === previousRun) return false
  }
  // A runner gives a job that it restarts a new run instance, so another one may be this attempt's all the same.
  if (job.startedAt !== undefined) return job.startedAt >= Math.min(createdAt, lastSign) - SLACK
  return job.runInstance !== undefined || ack !== undefined || isLive(job)
}

const words = ({ exitCode, provider, reason }: Job): string =>
  [provider, ...(exitCode === undefined ? [] : [`exit ${exitCode}`]), ...(reason === undefined ? [] : [reason])].join(
    ", "
  )

/** Reasons in a runner's words, mostly of the form `auth_failed`, that are not the bug's fault. */
const PROVIDERS =
  /(?<![a-z])(?:auth|auth(?:entication|ori[sz]ation)|unauthori[sz]ed|quota|rate.?limit(?:ed|s)?|model|provider|capacity|permission|credits?|overload(?:ed)?)(?![a-z])/i

const endingOf = (job: Job): Ending => {
  const told = words(job)
  switch (job.phase) {
    case "succeeded":
      return { end: "succeeded", detail: `the job ended well (${told})` }
    case "no_op":
      return { end: "no_op", blame: "issue", detail: `the job ended well and changed nothing (${told})` }
    case "failed":
      return {
        end: "failed",
        blame: PROVIDERS.test(job.reason ?? "") ? "provider" : "issue",
        detail: `the job failed (${told})`
      }
    case "stalled":
      return { end: "stalled", blame: "issue", detail: `the job hung (${told})` }
    case "stopped":
      return { end: "lost", blame: "runner", detail: `the job was stopped (${told})` }
    case "gone":
    case "running":
      return { end: "lost", blame: "runner", detail: `the job is gone, and how it ended nobody knows (${told})` }
  }
}

/** What is to be done about an attempt, from what the runner says of its job. */
export const verdict = (evidence: Evidence): Verdict => {
  const { attempt, job, lastSign, now, settings } = evidence
  const lost = (detail: string): Verdict => ({
    _tag: "Ended",
    ending: { end: "lost", blame: "host", detail }
  })
  // A sign from the future is one from before the clock was set back, and makes nothing wait for its day.
  const since = (then: number) => Math.abs(now - then)
  const mayTake = Duration.toMillis(stillUnderWay(attempt, settings))
  const fresh = since(lastSign) < mayTake

  if (job !== undefined && isLive(job)) {
    if (!isOf(job, evidence)) {
      const detail = "a job that is not this attempt's runs for the bug"
      return { _tag: "Leave", why: detail, ...(fresh ? {} : { unclaimed: { end: "lost", blame: "host", detail } }) }
    }
    if (attempt.phase !== "acknowledged") return { _tag: "Adopt", ack: ackOfFoundJob(job, "adopted") }
    const age = now - (job.startedAt ?? attempt.updatedAt)
    const limit = settings.limits.maxRuntime
    return age > Duration.toMillis(limit)
      ? {
          _tag: "Overrun",
          ending: {
            end: "stalled",
            blame: "issue",
            detail: `the job ran for more than ${Duration.format(limit)} and was ended (${words(job)})`
          }
        }
      : { _tag: "Leave", why: "its job is running" }
  }
  // A start that is under way may still begin a job, whatever the runner says of one by now.
  if (fresh && attempt.phase !== "acknowledged") {
    const until = DateTime.formatIso(DateTime.unsafeMake(lastSign + mayTake))
    return { _tag: "Leave", why: `what was under way (${attempt.phase}) may go on until ${until}` }
  }
  // The runner has begun a job and knows no process of it: it may have been ended right after it had started the agent.
  const untold = attempt.phase === "starting" && job?.phase === "gone" && isOf(job, evidence)
  if (untold && since(attempt.updatedAt) <= Duration.toMillis(settings.limits.maxRuntime)) {
    return { _tag: "Leave", why: "its job was begun, and nobody can tell whether it runs" }
  }
  if (job !== undefined && isOf(job, evidence)) return { _tag: "Ended", ending: endingOf(job) }
  if (attempt.phase === "acknowledged") return lost("the runner knows no job of it any more")
  return lost(
    attempt.phase === "starting"
      ? "it was cut short while its job was being started, and no job runs"
      : `it was cut short before a job was started (${attempt.phase})`
  )
}
