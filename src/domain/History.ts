import { Duration } from "effect"
import { endingOf, providerOf, workspaceOf, type Attempt, type Settled } from "./Attempt.ts"

/** The wait after the first failure; each further failure doubles it. */
const FIRST_WAIT = Duration.hours(1)
/** No bug waits longer than this for its next attempt. */
export const LONGEST_WAIT = Duration.hours(24)

/** The effects of earlier attempts at one bug on the next. */
export interface BugHistory {
  /** Attempts used up: those that failed through the bug's own fault since its description last changed. */
  readonly failures: number
  /** Milliseconds since the epoch before which the bug is not tried again; 0 if it need not wait. */
  readonly notBefore: number
  /** The location of work that could not be marked for review in the tracker; `undefined` if there is none. */
  readonly unreviewed: string | undefined
  /** How each ended attempt ended, oldest first, in words for the next prompt. */
  readonly earlier: ReadonlyArray<string>
}

/** Whether the attempt failed through the bug's own fault, with the description that the bug has now. */
const isOwnFailure = (attempt: Attempt, digest: string): attempt is Settled =>
  attempt.phase === "settled" && attempt.blame === "issue" && attempt.digest === digest

const summary = (attempt: Attempt): ReadonlyArray<string> => {
  const ending = endingOf(attempt)
  if (ending === undefined) return []
  const provider = providerOf(attempt)
  const branch = workspaceOf(attempt)?.branch
  const name = `attempt ${attempt.number}${provider === undefined ? "" : ` by ${provider}`}: ${ending.end}`
  return [[name, ending.detail, ...(branch === undefined ? [] : [`its branch was ${branch}`])].join("; ")]
}

/**
 * The history of one bug from its attempts, oldest first. After a failure through its own fault the bug waits 1 h, 2 h, 4 h …
 * up to a day. If the provider was on probation, the bug waits too, but the failure uses up no attempt. Failures of the
 * provider, the runner, the tracker or this host do not count. Failures with an older description do not count either.
 */
export const historyOf = (attempts: ReadonlyArray<Attempt>, digest: string): BugHistory => {
  const failures = attempts.filter((attempt) => isOwnFailure(attempt, digest))
  const lastFailure = failures.at(-1)
  const latest = attempts.at(-1)
  const wait = Duration.min(Duration.times(FIRST_WAIT, 2 ** (failures.length - 1)), LONGEST_WAIT)
  const waitsForReview =
    latest?.phase === "settled" && latest.end === "succeeded" && latest.digest === digest && latest.review === "journal"
  return {
    failures: failures.filter(({ probe }) => probe !== true).length,
    notBefore: lastFailure === undefined ? 0 : lastFailure.updatedAt + Duration.toMillis(wait),
    unreviewed: waitsForReview ? latest.detail : undefined,
    earlier: attempts.flatMap(summary)
  }
}
