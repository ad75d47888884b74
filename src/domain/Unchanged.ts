import type { SkipReason } from "./Outcome.ts"
import { inWords } from "./times.ts"

/**
 * After so long a person is told of a bug that runs leave alone for the same reason: the first and the last of the runs of three
 * nights are more than two days apart. Milliseconds.
 */
const NIGHTS = 48 * 3_600_000

/** And after so many runs: one run a night has to leave it alone for the nights of a week, which may be one week of urgent bugs. */
const RUNS = 6

/**
 * The reasons that nobody chose for the bug. The others are a person's wish (a label, a priority, a date, a holder), or are told of
 * by what they need from a person.
 */
const NOBODYS_WISH: ReadonlySet<SkipReason> = new Set<SkipReason>([
  "limit",
  "overload",
  "no_capacity",
  "host_busy",
  "running",
  "unsettled",
  "blocked",
  "duplicate",
  "work_exists",
  "prompt_refused",
  "backing_off",
  "run_stopped"
])

/** A bug that runs leave alone for the same reason. */
export interface Unchanged {
  readonly reason: SkipReason
  readonly detail: string
  /** When the first of the runs began. Milliseconds since the epoch. */
  readonly since: number
  readonly runs: number
}

/** Whether a person has to know of it. `now`: milliseconds since the epoch. */
export const isStuck = ({ reason, runs, since }: Unchanged, now: number): boolean =>
  NOBODYS_WISH.has(reason) && runs >= RUNS && now - since >= NIGHTS

/**
 * How long the bug has not moved, and why.
 *
 * @example
 * unchangedInWords(unchanged, now) // "left alone by each of 24 runs in 2 d 7 h for the same reason: limit (1 a run)"
 */
export const unchangedInWords = ({ detail, reason, runs, since }: Unchanged, now: number): string =>
  `left alone by each of ${runs} runs in ${inWords(now - since)} for the same reason: ${reason.replaceAll("_", " ")}${detail === "" ? "" : ` (${detail})`}`
