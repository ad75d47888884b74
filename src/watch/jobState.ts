import { Duration } from "effect"
import { isAtWork, type Attempt } from "../domain/Attempt.ts"

/** What the watcher remembers of one attempt. All times are in milliseconds by the boot clock. */
export interface JobState {
  /** How often it was settled in a row without coming to its end. */
  readonly tries: number
  readonly triedAt: number
  /** When the runner is asked at the latest, also while the job's processes work. */
  readonly lookAt: number
  /** A heartbeat found that the claim is not ours any more. */
  readonly isLost: boolean
  /** None of its processes worked at the last step. */
  readonly wasIdle: boolean
  /** Only a run can bring it to its end, so the watcher does not live for it. */
  readonly isLeft: boolean
}

export const LOOK_EVERY = Duration.minutes(5)
const FIRST_PAUSE = Duration.seconds(15)
const LONGEST_PAUSE = Duration.minutes(5)
/** Tries that are this far apart have nothing to do with each other. */
const CALM = Duration.times(LONGEST_PAUSE, 2)

export const newState = (now: number): JobState => ({
  tries: 0,
  triedAt: now,
  // A new watcher asks at once: the job may have run for hours.
  lookAt: now,
  isLost: false,
  wasIdle: false,
  isLeft: false
})

/** The state after settling that did not bring the attempt to its end. */
export const tried = (state: JobState, now: number): JobState => {
  const isCalm = now - state.triedAt > Duration.toMillis(CALM)
  return { ...state, tries: isCalm ? 1 : state.tries + 1, triedAt: now, isLost: false }
}

/** Whether the pause after the last try is over: 15 s, then twice as long each time, up to 5 minutes. */
const mayTry = ({ tries, triedAt }: JobState, now: number): boolean => {
  const pause = tries === 0 ? 0 : Duration.toMillis(FIRST_PAUSE) * 2 ** Math.min(tries - 1, 10)
  return now - triedAt >= Math.min(pause, Duration.toMillis(LONGEST_PAUSE))
}

/**
 * What is due for an attempt. `settle`: settle it now. `look`: ask the runner, and settle it if its job has ended. `wait`:
 * nothing yet.
 */
export type Due = "settle" | "look" | "wait"

/** What is due. `isIdle`: none of its job's processes works. The first idle step only shortens the time to the next one. */
export const dueFor = (attempt: Attempt, state: JobState, isIdle: boolean, now: number): Due => {
  if (!mayTry(state, now)) return "wait"
  // Without an acknowledgement a run may be at work on it: then the lock is held.
  if (!isAtWork(attempt) || state.isLost) return "settle"
  return now >= state.lookAt || (isIdle && state.wasIdle) ? "look" : "wait"
}
