import { DateTime, Duration } from "effect"
import { ackOfFoundJob, type Ack } from "../../domain/Ack.ts"
import { ackOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import type { BootTime } from "../../domain/BootClock.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import type { Settings } from "../../domain/Settings.ts"
import { jobCertainlyOver, startTimeout } from "../../domain/longestTimes.ts"
import { agesOf, ranFor } from "./ages.ts"
import { describeJob, endingOfJob, usedBy } from "./jobEnding.ts"

/** What to do about an attempt that is not settled. */
export type Verdict =
  /** Its job runs, and the journal has the acknowledgement. */
  | { readonly _tag: "Running"; readonly job: Job }
  /** Its state cannot be known yet. */
  | {
      readonly _tag: "Wait"
      readonly why: string
      /** How the attempt ended if its claim is no longer held. Nothing else of it may be touched then. */
      readonly unclaimed?: Ending
    }
  /** Its job runs, but the journal has no acknowledgement yet. */
  | { readonly _tag: "Acknowledge"; readonly ack: Ack; readonly job: Job }
  /** Its job, or the start of it, has run too long: stop it first. */
  | { readonly _tag: "Stop"; readonly why: string; readonly ending: Ending }
  /** It cannot be told whether its job runs, and its time is over: release the claim, and leave the worktree alone. */
  | { readonly _tag: "Abandon"; readonly ending: Ending }
  /**
   * `withoutWork`: the same if its worktree holds no work; absent where that makes no difference. `jobEndedAt`: milliseconds since
   * the epoch; absent if it is not known.
   */
  | { readonly _tag: "Ended"; readonly ending: Ending; readonly withoutWork?: Ending; readonly jobEndedAt?: number }

/** What a verdict depends on. The same evidence gives the same verdict. */
export interface Evidence {
  readonly attempt: Attempt
  /** The runner's job for this bug; `undefined` if it knows of none. */
  readonly job: Job | undefined
  readonly settings: Pick<Settings, "limits" | "timeouts">
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The same time by the boot clock. */
  readonly boot?: BootTime | undefined
  /** Milliseconds since the epoch of the last sign of the program that made the attempt. */
  readonly lastSign: number
}

/**
 * How long a tool that the attempt's run called may still be at work: it outlives a killed run, and may claim a bug or start
 * a job after this run has looked.
 */
const stillUnderWay = ({ phase }: Attempt, { timeouts }: Evidence["settings"]): Duration.Duration => {
  switch (phase) {
    case "intended":
      return timeouts.beads
    case "claimed":
      return timeouts.workspace
    case "starting":
      return startTimeout(timeouts)
    case "workspace":
    case "prompt":
    case "acknowledged":
    case "verifying":
    case "ending":
    case "settled":
      return Duration.zero
  }
}

/** Milliseconds. The runner's clock and ours may differ, and the runner rounds to whole seconds. */
const CLOCK_TOLERANCE = 2_000

/** Whether this attempt started the job, and not an earlier attempt or another program. */
const isOfAttempt = (job: Job, { attempt, lastSign }: Evidence): boolean => {
  if (attempt.phase !== "starting" && attempt.phase !== "acknowledged") return false
  const ack = ackOf(attempt)
  if (job.runInstance !== undefined) {
    if (job.runInstance === ack?.runInstance) return true
    if (job.runInstance === attempt.previousRun) return false
  }
  // A runner that restarts a job gives it a new run instance, so an unknown run instance may be this attempt's too.
  if (job.startedAt !== undefined) return job.startedAt >= Math.min(attempt.createdAt, lastSign) - CLOCK_TOLERANCE
  return job.runInstance !== undefined || ack !== undefined || isLive(job)
}

const isoOf = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

const lost = (detail: string): Ending => ({ end: "lost", blame: "host", detail })

/** The call that starts the job outlived its run. It may still start the job, so it must end before anything is settled. */
const verdictOnStart = (job: Job, isFresh: boolean): Verdict => {
  const start = `the call that starts its job still runs (${describeJob(job)})`
  if (isFresh) return { _tag: "Wait", why: start }
  const why = `${start}, although timeouts.preflight and timeouts.ack are over`
  return { _tag: "Stop", why, ending: lost("the call that starts its job did not end in time, and was ended") }
}

/** `isFresh`: a tool that the attempt's run had called may still be at work. */
const verdictOnLiveJob = (job: Job, isFresh: boolean, evidence: Evidence): Verdict => {
  const { attempt, boot, now, settings } = evidence
  if (!isOfAttempt(job, evidence)) {
    const why = "a job that is not this attempt's runs for the bug"
    return { _tag: "Wait", why, ...(isFresh ? {} : { unclaimed: lost(why) }) }
  }
  if (job.phase === "starting" && attempt.phase === "starting") return verdictOnStart(job, isFresh)
  if (attempt.phase !== "acknowledged") return { _tag: "Acknowledge", ack: ackOfFoundJob(job, "adopted"), job }
  const limit = settings.limits.maxRuntime
  const durationMs = agesOf(attempt, job, { at: now, boot }).ofJob
  if (durationMs <= Duration.toMillis(limit)) return { _tag: "Running", job }
  const why = "its job has run longer than limits.maxRuntime"
  const detail = `the job ran for more than ${Duration.format(limit)} and was ended (${describeJob(job)})`
  return { _tag: "Stop", why, ending: { end: "stalled", blame: "issue", detail, durationMs } }
}

/** It cannot be told from here whether the job runs. Nothing of it is touched while it may run. */
const verdictOnUnknownJob = (job: Job, { attempt, boot, now, settings }: Evidence): Verdict => {
  const ages = agesOf(attempt, job, { at: now, boot })
  const age = Math.min(ages.ofJob, ages.ofAttempt)
  const mayRun = Duration.toMillis(jobCertainlyOver(settings))
  const why = `whether its job runs cannot be told from here (${describeJob(job)})`
  if (Math.abs(age) > mayRun) {
    return { _tag: "Abandon", ending: lost(`${why}, and its time is over; its worktree was left alone`) }
  }
  return { _tag: "Wait", why: `${why}; left alone until ${isoOf(now - age + mayRun)}` }
}

/** What to do about an attempt. */
export const verdict = (evidence: Evidence): Verdict => {
  const { attempt, boot, job, lastSign, now, settings } = evidence
  const { ofStep } = agesOf(attempt, job, { at: now, boot })
  const ofSign = ofStep - (lastSign - attempt.updatedAt)
  const mayTake = Duration.toMillis(stillUnderWay(attempt, settings))
  // A time in the future means that a clock was wrong. Without `abs` the attempt would wait until that time.
  const isFresh = Math.abs(ofSign) < mayTake
  if (job?.phase === "unknown") return verdictOnUnknownJob(job, evidence)
  if (job !== undefined && isLive(job)) return verdictOnLiveJob(job, isFresh, evidence)
  // A runner that is still starting may begin a job after its answer.
  if (isFresh && attempt.phase !== "acknowledged") {
    const until = isoOf(now - ofSign + mayTake)
    return { _tag: "Wait", why: `what was under way (${attempt.phase}) may go on until ${until}` }
  }
  const isOurs = job !== undefined && isOfAttempt(job, evidence)
  // dx-runner started a job but shows no process for it: it may have been ended right after it started the agent. With a
  // starter on record, the runner has looked for every process of the attempt.
  const mayHaveAgent = attempt.phase === "starting" && attempt.starter === undefined && job?.phase === "gone" && isOurs
  if (mayHaveAgent && Math.abs(ofStep) <= Duration.toMillis(settings.limits.maxRuntime)) {
    const why =
      "dx-runner started its job but shows no process for it; its claim is kept until limits.maxRuntime is over"
    return { _tag: "Wait", why }
  }
  if (isOurs) {
    const { ending, withoutWork } = endingOfJob(job)
    const ran = { ...ranFor(job), ...usedBy(job) }
    const { endedAt: jobEndedAt } = job
    return {
      _tag: "Ended",
      ending: { ...ending, ...ran },
      withoutWork: { ...withoutWork, ...ran },
      ...(jobEndedAt === undefined ? {} : { jobEndedAt })
    }
  }
  if (attempt.phase === "acknowledged") return { _tag: "Ended", ending: lost("the runner no longer knows its job") }
  const detail =
    attempt.phase === "starting"
      ? "it was cut short while its job was being started, and no job runs"
      : `it was cut short before a job was started (${attempt.phase})`
  return { _tag: "Ended", ending: lost(detail) }
}
