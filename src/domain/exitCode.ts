import { Array as Arr } from "effect"
import { EXIT } from "./exits.ts"
import { ProviderUnavailable } from "./Failure.ts"
import type { JobEnd } from "./JobEnd.ts"
import type { Outcome } from "./Outcome.ts"
import type { RunEndTag, RunProblem } from "./RunEnd.ts"
import type { RunReport } from "./RunReport.ts"

export { EXIT }

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

const failedIn = (outcomes: ReadonlyArray<Outcome>) => outcomes.filter((outcome) => outcome._tag === "Failed")

/**
 * Why no provider took any bug, from all that were asked; `undefined` if one did, or if a bug failed for another reason.
 *
 * @example
 * noProviderIn(report.outcomes)?.message // "no provider available: opencode: …"
 */
export const noProviderIn = (outcomes: ReadonlyArray<Outcome>): ProviderUnavailable | undefined => {
  const failures = failedIn(outcomes)
  const dispatched = outcomes.some(({ _tag }) => _tag === "Dispatched" || _tag === "Planned")
  if (dispatched || failures.length === 0 || !failures.every(({ code }) => code === "provider_unavailable")) {
    return undefined
  }
  const attempts = failures.flatMap(({ passedOver }) => passedOver)
  return new ProviderUnavailable({ attempts: Arr.dedupeWith(attempts, (a, b) => a.provider === b.provider) })
}

/**
 * Whether something failed that a person has to look at. `ended`: the jobs that this run reports as ended. `before`: those that
 * earlier runs reported, the last one last. `undefined` also if no provider took any bug: that is how the run ended.
 *
 * @example
 * problemIn(report.outcomes, report.ended, []) // "failed"
 */
export const problemIn = (
  outcomes: ReadonlyArray<Outcome>,
  ended: ReadonlyArray<JobEnd>,
  before: ReadonlyArray<JobEnd>
): RunProblem | undefined => {
  const bugFailed = failedIn(outcomes).length > 0 && noProviderIn(outcomes) === undefined
  return bugFailed || haveFailed(ended, before) ? "failed" : undefined
}

const EXIT_OF_END: Readonly<Record<RunEndTag, number>> = {
  done: EXIT.ok,
  locked: EXIT.ok,
  paused: EXIT.ok,
  no_provider: EXIT.no,
  tracker: EXIT.tracker,
  config: EXIT.config,
  state: EXIT.state,
  /** As after SIGINT. The command line exits with the number of the signal that came. */
  interrupted: 130,
  unknown: EXIT.ok
}

const EXIT_OF_PROBLEM: Readonly<Record<RunProblem, number>> = { unread: EXIT.tracker, failed: EXIT.failed }

/**
 * The exit code of a run: the larger one of how it ended and of what else was wrong.
 *
 * @example
 * exitOf({ end: { _tag: "done" }, problem: "failed" }) // 3: an operator must look
 */
export const exitOf = ({ end, problem }: Pick<RunReport, "end" | "problem">): number =>
  Math.max(EXIT_OF_END[end._tag], problem === undefined ? EXIT.ok : EXIT_OF_PROBLEM[problem])
