import { createdOf, updatedOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import { ageOf, type Moment } from "../../domain/BootClock.ts"
import type { Job } from "../../domain/Job.ts"

/** How long a job ran by its runner's clock, as a part of its ending; empty if the runner does not know, or its clock was set. */
export const ranFor = ({ endedAt, startedAt }: Job): Pick<Ending, "durationMs"> =>
  startedAt === undefined || endedAt === undefined || endedAt < startedAt ? {} : { durationMs: endedAt - startedAt }

/**
 * How long ago the attempt took its last step and its job started, in milliseconds: by the boot clock where it can tell, because
 * a wall clock that was set must not end a job. A runner gives wall times, which are taken relative to the attempt's own. Without
 * a start time a job counts from the last step. Negative if one of the times was read from a wrong clock.
 *
 * @example
 * const { ofJob } = agesOf(attempt, job, yield* moment)
 */
export const agesOf = (attempt: Attempt, job: Job | undefined, now: Moment) => {
  const [ofAttempt, ofStep] = [ageOf(createdOf(attempt), now), ageOf(updatedOf(attempt), now)]
  return {
    ofAttempt,
    ofStep,
    ofJob: job?.startedAt === undefined ? ofStep : ofAttempt - (job.startedAt - attempt.createdAt)
  }
}
