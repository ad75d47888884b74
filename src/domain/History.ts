import { Duration } from "effect"
import type { Attempt } from "./Attempt.ts"

/** The wait after the first failure; each further one doubles it. */
const FIRST_WAIT = Duration.hours(1)
/** No bug waits longer than this for its next attempt. */
export const LONGEST_WAIT = Duration.hours(24)

/** What earlier attempts at one bug mean for the next. */
export interface Standing {
  /** Attempts used up: those that failed by the bug's own fault since its description changed last. */
  readonly failures: number
  /** Milliseconds since the epoch before which it is left alone; 0 when nothing holds it back. */
  readonly notBefore: number
  /** Where work stands that could not be marked for review in the tracker; absent when there is none. */
  readonly unreviewed: string | undefined
  /** What became of every attempt that has ended, oldest first, in words for the next prompt. */
  readonly earlier: ReadonlyArray<string>
}

const isItsOwn = (attempt: Attempt, digest: string): boolean =>
  attempt.phase === "settled" && attempt.blame === "issue" && attempt.digest === digest

const told = ({ detail, end, number, provider, workspace }: Attempt): string =>
  [
    `attempt ${number}${provider === undefined ? "" : ` by ${provider}`}: ${end ?? "not over"}`,
    ...(detail === undefined ? [] : [detail]),
    ...(workspace?.branch === undefined ? [] : [`its branch was ${workspace.branch}`])
  ].join("; ")

/**
 * What the attempts at one bug, oldest first, mean for the next: after a failure of its own it waits 1 h, 2 h, 4 h … up to
 * a day. It waits too, and loses no attempt, where its provider was on probation. Failures by providers, the runner, the
 * tracker or this host count for nothing, and so do those of a description that is no longer the bug's.
 */
export const standing = (attempts: ReadonlyArray<Attempt>, digest: string): Standing => {
  const failures = attempts.filter((attempt) => isItsOwn(attempt, digest))
  const last = failures.at(-1)
  const latest = attempts.at(-1)
  const wait = Duration.min(Duration.times(FIRST_WAIT, 2 ** (failures.length - 1)), LONGEST_WAIT)
  return {
    failures: failures.filter(({ probe }) => probe !== true).length,
    notBefore: last === undefined ? 0 : last.updatedAt + Duration.toMillis(wait),
    unreviewed:
      latest?.end === "succeeded" && latest.digest === digest && latest.review === "journal"
        ? latest.detail
        : undefined,
    earlier: attempts.filter(({ end }) => end !== undefined).map(told)
  }
}
