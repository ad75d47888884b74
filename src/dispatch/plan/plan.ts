import { DateTime, Duration } from "effect"
import { ineligible, type Ineligible } from "../../domain/eligibility.ts"
import { LONGEST_WAIT, type BugHistory } from "../../domain/History.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Intake, Issue } from "../../domain/Issue.ts"
import { REVIEW_LABEL, Skipped } from "../../domain/Outcome.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { Settings } from "../../domain/Settings.ts"
import { probeOf } from "./probe.ts"
import { signature } from "./signature.ts"

/** The bugs that one run dispatches, in this order, and those that it leaves alone, each with a reason. */
export interface Plan {
  readonly chosen: ReadonlyArray<Issue>
  /** The chosen bug that is on hold, and is tried to see whether its provider has recovered; see `probeOf`. */
  readonly probe: BeadsId | undefined
  /** The providers that failed with each chosen bug before: another one is tried first. */
  readonly failedWith: ReadonlyMap<BeadsId, ReadonlySet<ProviderName>>
  readonly skipped: ReadonlyArray<Skipped>
}

/** Everything a plan depends on. The same input gives the same plan. */
export interface PlanInput {
  readonly intake: Intake
  readonly settings: Pick<Settings, "intake" | "limits">
  /** Bugs with a live job. */
  readonly running: ReadonlySet<string>
  /** Bugs with an open attempt of an earlier run. */
  readonly unsettled: ReadonlySet<string>
  /** The running and unsettled bugs that the intake lacks and that the tracker could show. */
  readonly underWay: ReadonlyArray<Issue>
  readonly history: (issue: Issue) => BugHistory
  /** Why the runner would refuse this bug's prompt; `undefined` if it would not. */
  readonly promptRefusal: (issue: Issue) => string | undefined
  /** The providers that have done no good job lately, or whose jobs failed for many bugs since. */
  readonly doubtful: ReadonlySet<ProviderName>
  /** Milliseconds since the epoch. */
  readonly now: number
}

const UNSETTLED: Ineligible = ["unsettled", "an earlier attempt is not over"]

/** Why an eligible bug must not be tried again now; `undefined` if it may. */
const heldBack = (issue: Issue, { history, now, settings: { limits } }: PlanInput): Ineligible | undefined => {
  const { failures, notBefore, suspects, unreviewed } = history(issue)
  if (unreviewed !== undefined) return ["awaiting_review", unreviewed]
  if (failures >= limits.maxAttempts) {
    const again = `it is tried again when its description or acceptance criteria change, or after: nightly-dispatch retry ${issue.id}`
    return suspects.size === 0
      ? ["attempts_used_up", `${failures} attempts failed; ${again}`]
      : ["undecided", `${failures} attempts failed, but ${[...suspects].join(" and ")} may be at fault; ${again}`]
  }
  // A longer wait than LONGEST_WAIT means that the host's clock was set back since, so the wait does not count.
  return notBefore > now && notBefore - now <= Duration.toMillis(LONGEST_WAIT)
    ? [
        "backing_off",
        `not before ${DateTime.formatIso(DateTime.unsafeMake(notBefore))}; ${failures} of ${limits.maxAttempts} attempts used`
      ]
    : undefined
}

/** A bug whose tries keep failing before they get a job must not starve the others. */
const byUrgency =
  (history: PlanInput["history"]) =>
  (a: Issue, b: Issue): number =>
    a.priority - b.priority ||
    history(a).tries - history(b).tries ||
    a.createdAt - b.createdAt ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const skip = (issue: Issue, [reason, detail]: Ineligible): Skipped => new Skipped({ beads: issue.id, reason, detail })

/** Bugs with a job or with work that waits for review, by signature. Duplicates of these are not dispatched. */
const bugsAtWork = ({ history, intake, running, underWay, unsettled }: PlanInput): Map<string, string> => {
  const stateOf = (issue: Issue): string | undefined => {
    if (running.has(issue.id) || unsettled.has(issue.id)) return "which is being worked on"
    const isDone = issue.labels.includes(REVIEW_LABEL) || history(issue).unreviewed !== undefined
    return isDone ? "whose work waits for review" : undefined
  }
  return new Map(
    [...underWay, ...intake.issues].flatMap((issue) => {
      const state = stateOf(issue)
      return state === undefined ? [] : [[signature(issue), `${issue.id}, ${state}`]]
    })
  )
}

/** The bugs that have or may have a job. Each takes one of the `limits.maxParallel` places. */
export const occupied = <Id extends string>(running: ReadonlySet<Id>, unsettled: ReadonlySet<Id>): ReadonlySet<Id> =>
  new Set([...running, ...unsettled])

/** How many of the eligible bugs may be dispatched now, and why the others are skipped. */
const allowance = (
  eligible: number,
  { running, settings: { limits }, unsettled }: PlanInput
): readonly [number, Ineligible] => {
  const jobs = occupied(running, unsettled).size
  if (jobs >= limits.maxParallel) {
    return [0, ["no_capacity", `jobs that run, or may: ${jobs}, at most ${limits.maxParallel} at once`]]
  }
  // Without the number of bugs: the journal stores a detail that differs from the last run's again, for each bug.
  return eligible > limits.overloadThreshold
    ? [1, ["overload", `more than ${limits.overloadThreshold} bugs at once: one a run`]]
    : [limits.maxDispatches, ["limit", `${limits.maxDispatches} a run`]]
}

/** Why this bug is skipped; `undefined` if it is not. `seen`: by signature, the bug whose duplicates are skipped. */
const reasonToSkip = (issue: Issue, input: PlanInput, seen: ReadonlyMap<string, string>): Ineligible | undefined => {
  // First: the holder of its claim is that attempt, which no person should free now.
  const unsettled = input.unsettled.has(issue.id) && !input.running.has(issue.id)
  const reason = unsettled
    ? UNSETTLED
    : (ineligible(issue, input.settings.intake, input.now, input.running) ?? heldBack(issue, input))
  if (reason !== undefined) return reason
  const original = seen.get(signature(issue))
  if (original !== undefined) return ["duplicate", `same error as ${original}`]
  const refusal = input.promptRefusal(issue)
  return refusal === undefined ? undefined : ["prompt_refused", refusal]
}

/**
 * Chooses bugs by priority, then tries that never got a job, then age, then id. Skips duplicates, refused prompts, and bugs over
 * the limits. If every bug is on hold, chooses one of them now and then.
 */
export const plan = (input: PlanInput): Plan => {
  const skipped: Array<Skipped> = input.intake.malformed.map(
    ({ label, problem }) => new Skipped({ beads: label, reason: "malformed", detail: problem })
  )
  const eligible: Array<Issue> = []
  const seen = bugsAtWork(input)
  const onHold: Array<Issue> = []
  for (const issue of input.intake.issues.toSorted(byUrgency(input.history))) {
    const reason = reasonToSkip(issue, input, seen)
    if (reason !== undefined) {
      skipped.push(skip(issue, reason))
      if (reason[0] === "undecided") onHold.push(issue)
      continue
    }
    seen.set(signature(issue), issue.id)
    eligible.push(issue)
  }
  const probe = eligible.length > 0 ? undefined : probeOf(onHold, input)
  if (probe !== undefined) eligible.push(probe)
  const [places, overflow] = allowance(eligible.length, input)
  const chosen = eligible.slice(0, places)
  return {
    chosen,
    probe: chosen.find((issue) => issue === probe)?.id,
    failedWith: new Map(chosen.map((issue) => [issue.id, input.history(issue).failedWith])),
    skipped: [
      ...skipped.filter(({ beads }) => chosen.length === 0 || beads !== probe?.id),
      ...eligible.slice(places).flatMap((issue) => (issue === probe ? [] : [skip(issue, overflow)]))
    ]
  }
}
