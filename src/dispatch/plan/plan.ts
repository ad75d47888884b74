import { DateTime, Duration } from "effect"
import { LONGEST_WAIT, type Standing } from "../../domain/History.ts"
import type { Intake, Issue } from "../../domain/Issue.ts"
import { ineligible, type Ineligible } from "../../domain/eligibility.ts"
import { REVIEW_LABEL, Skipped } from "../../domain/Outcome.ts"
import type { Settings } from "../../domain/Settings.ts"
import { signature } from "./signature.ts"

/** What one run will dispatch, in this order, and what it leaves alone, each with a reason. */
export interface Plan {
  readonly chosen: ReadonlyArray<Issue>
  readonly skipped: ReadonlyArray<Skipped>
}

/** Everything a plan depends on. The same input gives the same plan. */
export interface PlanInput {
  readonly intake: Intake
  readonly settings: Pick<Settings, "intake" | "limits">
  /** Issues with a living job. */
  readonly running: ReadonlySet<string>
  /** Issues with an earlier attempt that is not over, or of which nobody can tell. */
  readonly unsettled: ReadonlySet<string>
  /** The running and the unsettled issues that the intake does not hold, as far as the tracker tells. */
  readonly underWay: ReadonlyArray<Issue>
  /** What the earlier attempts at a bug mean for the next. */
  readonly standing: (issue: Issue) => Standing
  /** Why the runner would refuse this bug's prompt; nothing when it would not. */
  readonly promptRefusal: (issue: Issue) => string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Why a bug that may be worked on is not to be tried again now; nothing when it is. */
const heldBack = (
  issue: Issue,
  { now, settings: { limits }, standing, unsettled }: PlanInput
): Ineligible | undefined => {
  if (unsettled.has(issue.id)) return ["unsettled", "an earlier attempt is not over"]
  const { failures, notBefore, unreviewed } = standing(issue)
  if (unreviewed !== undefined) return ["awaiting_review", unreviewed]
  if (failures >= limits.maxAttempts) {
    return ["attempts_used_up", `${failures} attempts failed; it is tried again when its description changes`]
  }
  // More than the longest wait ahead, the failure was written down before the clock was set back.
  return notBefore > now && notBefore - now <= Duration.toMillis(LONGEST_WAIT)
    ? [
        "backing_off",
        `not before ${DateTime.formatIso(DateTime.unsafeMake(notBefore))}; ${failures} of ${limits.maxAttempts} attempts used`
      ]
    : undefined
}

const byUrgency = (a: Issue, b: Issue): number =>
  a.priority - b.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const skip = (issue: Issue, [reason, detail]: Ineligible): Skipped => new Skipped({ beads: issue.id, reason, detail })

/** By its signature, each bug that is worked on, or whose work waits for review: a copy of it is not started beside it. */
const atWork = ({ intake, running, standing, underWay, unsettled }: PlanInput): Map<string, string> => {
  const state = (issue: Issue): string | undefined => {
    if (running.has(issue.id) || unsettled.has(issue.id)) return "which is being worked on"
    const done = issue.labels.includes(REVIEW_LABEL) || standing(issue).unreviewed !== undefined
    return done ? "whose work waits for review" : undefined
  }
  return new Map(
    [...underWay, ...intake.issues].flatMap((issue) => {
      const told = state(issue)
      return told === undefined ? [] : [[signature(issue), `${issue.id}, ${told}`]]
    })
  )
}

/** The bugs that a job runs for, or may: each takes one of the places of `limits.maxParallel`. */
export const busy = <Id extends string>(running: ReadonlySet<Id>, unsettled: ReadonlySet<Id>): ReadonlySet<Id> =>
  new Set([...running, ...unsettled])

/** How many of the eligible bugs may be dispatched now, and why not the rest. */
const allowance = (
  eligible: number,
  { settings: { limits }, running, unsettled }: PlanInput
): readonly [number, Ineligible] => {
  const jobs = busy(running, unsettled).size
  if (jobs >= limits.maxParallel)
    return [0, ["no_capacity", `jobs that run, or may: ${jobs}, at most ${limits.maxParallel} at once`]]
  return eligible > limits.overloadThreshold
    ? [1, ["overload", `${eligible} bugs at once, more than ${limits.overloadThreshold}: one a run`]]
    : [limits.maxDispatches, ["limit", `${limits.maxDispatches} a run`]]
}

/** Priority, then age, then id; duplicates, refused prompts and whatever exceeds the limits left for later. */
export const plan = (input: PlanInput): Plan => {
  const skipped: Array<Skipped> = input.intake.malformed.map(
    ({ label, problem }) => new Skipped({ beads: label, reason: "malformed", detail: problem })
  )
  const eligible: Array<Issue> = []
  const seen = atWork(input)
  for (const issue of input.intake.issues.toSorted(byUrgency)) {
    const why = ineligible(issue, input.settings.intake, input.now, input.running) ?? heldBack(issue, input)
    const twin = why === undefined ? seen.get(signature(issue)) : undefined
    const refused = why === undefined && twin === undefined ? input.promptRefusal(issue) : undefined
    if (why !== undefined) skipped.push(skip(issue, why))
    else if (twin !== undefined) skipped.push(skip(issue, ["duplicate", `same error as ${twin}`]))
    else if (refused !== undefined) skipped.push(skip(issue, ["prompt_refused", refused]))
    else {
      seen.set(signature(issue), issue.id)
      eligible.push(issue)
    }
  }
  const [room, over] = allowance(eligible.length, input)
  return {
    chosen: eligible.slice(0, room),
    skipped: [...skipped, ...eligible.slice(room).map((issue) => skip(issue, over))]
  }
}
