import type { JobEnd } from "./JobEnd.ts"
import type { Outcome } from "./Outcome.ts"

/**
 * The exit codes of the command line. A command that a signal ended exits with 128 plus the signal's number.
 *
 * @example
 * process.exitCode = EXIT.tracker // 4
 */
export const EXIT = {
  ok: 0,
  /** For `claim` and `release`: not done. For `run`: no provider is available. */
  no: 1,
  usage: 2,
  failed: 3,
  /** The tracker could not be read, wholly or for bugs that may be wanted. */
  tracker: 4,
  config: 5,
  state: 6,
  defect: 70
} as const

/** An end that a person caused says nothing about bug or host, nor does one that waits for a person. */
const counts = ({ end }: JobEnd): boolean => end !== "stopped" && end !== "needs_human"

const isFailure = ({ end }: JobEnd): boolean => end !== "succeeded"

const mayBeItsBugs = ({ blame }: JobEnd): boolean => blame === "issue" || blame === "undecided"

/**
 * Whether the jobs that ended make a failed run: one needs a person, who may look at nothing but the exit code; one failed for a
 * reason that is not its bug's; all of at least two failed; or all of the last three did, of at least two bugs. One bug that an
 * agent cannot solve does not.
 */
const haveFailed = (ended: ReadonlyArray<JobEnd>, before: ReadonlyArray<JobEnd>): boolean => {
  // Each such job is reported once, and the next one comes after a longer wait: so a person is not told each hour.
  if (ended.some(({ end }) => end === "needs_human")) return true
  const now = ended.filter(counts)
  if (now.length === 0) return false
  const last = [...before.filter(counts), ...now].slice(-3)
  return (
    now.some((job) => isFailure(job) && !mayBeItsBugs(job)) ||
    (now.length >= 2 && now.every(isFailure)) ||
    (last.length === 3 && last.every(isFailure) && new Set(last.map(({ beads }) => beads)).size >= 2)
  )
}

/**
 * The exit code of a run that could read its tracker. `ended`: the jobs that this run reports as ended. `before`: those that
 * earlier runs reported, the last one last.
 *
 * @example
 * exitOf(report.outcomes, report.ended, []) // 3 if an operator must look
 */
export const exitOf = (
  outcomes: ReadonlyArray<Outcome>,
  ended: ReadonlyArray<JobEnd>,
  before: ReadonlyArray<JobEnd>
): number => {
  const failures = outcomes.filter((outcome) => outcome._tag === "Failed")
  const dispatched = outcomes.some((outcome) => outcome._tag === "Dispatched" || outcome._tag === "Planned")
  const noProvider = !dispatched && failures.every(({ code }) => code === "provider_unavailable")
  if (haveFailed(ended, before) || (failures.length > 0 && !noProvider)) return EXIT.failed
  return failures.length === 0 ? EXIT.ok : EXIT.no
}
