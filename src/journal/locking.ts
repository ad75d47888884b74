import { Duration } from "effect"
import { ageOf, type Moment } from "../domain/BootClock.ts"
import type { RunId } from "../domain/Ids.ts"

/** What a holder says about itself when it takes the run lock. */
export interface Locking {
  readonly run: RunId
  /** When the holder should be done at the latest. Milliseconds since the epoch. */
  readonly until: number
  /** `run`: a whole run. `job`: the settling of one job. */
  readonly work: "run" | "job"
}

/** How long a caller of `lock` waits for a holder that settles one job. */
export const JOB_PATIENCE = Duration.seconds(90)

/** How long a new watcher waits for one that is about to end. */
export const WATCH_PATIENCE = Duration.seconds(15)

/** A holder that is this much beyond its time is taken for hung. A run ends, at the latest, well before. */
export const OVERDUE_GRACE = Duration.minutes(10)

/** Whether a holder that began at `since` and should be done at `until` (milliseconds since the epoch) hangs. */
export const isOverdue = (since: Moment, until: number | undefined, now: Moment): boolean =>
  until !== undefined && ageOf(since, now) > until - since.at + Duration.toMillis(OVERDUE_GRACE)
