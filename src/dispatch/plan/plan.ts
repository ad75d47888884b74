import type { NightBudget } from "../../domain/Budget.ts"
import type { Ineligible } from "../../domain/eligibility.ts"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { BugHistory } from "../../domain/History.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Intake, Issue } from "../../domain/Issue.ts"
import { Skipped } from "../../domain/Outcome.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { Settings } from "../../domain/Settings.ts"
import { originals, type Original } from "./originals.ts"
import { heldWith, ownReason } from "./ownReason.ts"
import { probeOf } from "./probe.ts"
import { signature } from "./signature.ts"

/** The bugs that one run dispatches, in this order, and those that it leaves alone, each with a reason. */
export interface Plan {
  readonly chosen: ReadonlyArray<Issue>
  /** The chosen bug that is on hold, and is tried to see whether its provider has recovered; see `probeOf`. */
  readonly probe: BeadsId | undefined
  /** The providers that failed with each chosen bug before: another one is tried first. */
  readonly failedWith: ReadonlyMap<BeadsId, ReadonlySet<ProviderName>>
  /** The providers that must not be tried with a chosen bug: a person has to give them something first. */
  readonly heldWith: ReadonlyMap<BeadsId, ReadonlySet<ProviderName>>
  readonly skipped: ReadonlyArray<Skipped>
  /** As many jobs and dispatches as this at the same time, with those of earlier runs. */
  readonly maxParallel: number
}

/** Everything a plan depends on. The same input gives the same plan. */
export interface PlanInput {
  readonly intake: Intake
  readonly settings: Pick<Settings, "intake" | "limits" | "providers">
  /** See `Plan`. */
  readonly maxParallel: number
  /** Bugs with a live job. */
  readonly running: ReadonlySet<string>
  /** Bugs with an open attempt of an earlier run. */
  readonly unsettled: ReadonlySet<string>
  /** The running and unsettled bugs that the intake lacks and that the tracker could show. */
  readonly underWay: ReadonlyArray<Issue>
  readonly history: (issue: Issue) => BugHistory
  /** The work that exists for bugs that may be chosen: see `mayBeChosen`. */
  readonly foundWork: ReadonlyMap<string, FoundWork>
  /** Why the runner would refuse this bug's prompt; `undefined` if it would not. */
  readonly promptRefusal: (issue: Issue) => string | undefined
  /** The providers that have done no good job lately, or whose jobs failed for many bugs since. */
  readonly doubtful: ReadonlySet<ProviderName>
  /** What is left of this night's budget. */
  readonly night: NightBudget
  /** Why this bug gets no more job at its present task: its own budget is spent. `undefined` if it is not. */
  readonly overBudget: (issue: Issue) => string | undefined
  /** Why the host is too busy for one more job; `undefined` if it is not. */
  readonly busy: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
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

/** The bugs that have or may have a job. Each takes one of the `maxParallel` places. */
export const occupied = <Id extends string>(running: ReadonlySet<Id>, unsettled: ReadonlySet<Id>): ReadonlySet<Id> =>
  new Set([...running, ...unsettled])

/** How many of the eligible bugs may be dispatched now, and why the others are skipped. */
const allowance = (
  eligible: number,
  { busy, maxParallel, night, running, settings: { limits }, unsettled }: PlanInput
): readonly [number, Ineligible] => {
  const jobs = occupied(running, unsettled).size
  if (jobs >= maxParallel) {
    return [0, ["no_capacity", `jobs that run, or may: ${jobs}, at most ${maxParallel} at once`]]
  }
  if (limits.maxDispatches === 0) return [0, ["limit", "0 a run"]]
  if (night.left <= 0) return [0, ["budget", night.why]]
  if (busy !== undefined) return [0, ["host_busy", busy]]
  // Without the number of bugs: the journal stores a detail that differs from the last run's again, for each bug.
  const [most, reason]: readonly [number, Ineligible] =
    eligible > limits.overloadThreshold
      ? [1, ["overload", `more than ${limits.overloadThreshold} bugs at once: one a run`]]
      : [limits.maxDispatches, ["limit", `${limits.maxDispatches} a run`]]
  return night.left < most ? [night.left, ["budget", night.rest]] : [most, reason]
}

/** A bug that is skipped for a reason of its own, or as a copy of another bug. */
type Left =
  { readonly issue: Issue; readonly reason: Ineligible } | { readonly issue: Issue; readonly original: Original }

/** Sorts the bugs of the intake: those that may be chosen, the most urgent first, and those that are left alone. */
const sorted = (input: PlanInput) => {
  const issues = input.intake.issues.toSorted(byUrgency(input.history))
  const reasons = new Map(issues.map((issue) => [issue, ownReason(issue, input)]))
  const seen = originals(input, reasons)
  const [eligible, left]: [Array<Issue>, Array<Left>] = [[], []]
  for (const issue of issues) {
    const reason = reasons.get(issue)
    const original = seen.get(signature(issue))
    const refusal = reason === undefined && original === undefined ? input.promptRefusal(issue) : undefined
    if (reason !== undefined) left.push({ issue, reason })
    else if (original !== undefined) left.push({ issue, original })
    else if (refusal !== undefined) left.push({ issue, reason: ["prompt_refused", refusal] })
    else {
      seen.set(signature(issue), { id: issue.id, state: undefined })
      eligible.push(issue)
    }
  }
  const onHold = issues.filter((issue) => reasons.get(issue)?.[0] === "undecided" && !input.foundWork.has(issue.id))
  return { eligible, left, onHold }
}

/** The bugs that a plan may choose, if no work for them exists. */
export const mayBeChosen = (input: PlanInput): ReadonlyArray<Issue> =>
  input.intake.issues.filter((issue) => [undefined, "undecided"].includes(ownReason(issue, input)?.[0]))

/**
 * Chooses bugs by priority, then tries that never got a job, then age, then id. Skips bugs for which work exists, duplicates,
 * refused prompts, and bugs over the limits. If every bug is on hold, chooses one of them now and then.
 */
export const plan = (input: PlanInput): Plan => {
  const { eligible, left, onHold } = sorted(input)
  const probe = eligible.length > 0 ? undefined : probeOf(onHold, input)
  const candidates = probe === undefined ? eligible : [probe]
  const [places, overflow] = allowance(candidates.length, input)
  const chosen = candidates.slice(0, places)
  const isChosen = new Set(chosen.map(({ id }) => id))
  const copyOf = ({ id, state }: Original): string =>
    `same error as ${id}, ${state ?? (isChosen.has(id) ? "which is chosen in this run" : `which waits for its turn: ${overflow[1]}`)}`
  return {
    chosen,
    maxParallel: input.maxParallel,
    probe: chosen.find((issue) => issue === probe)?.id,
    failedWith: new Map(chosen.map((issue) => [issue.id, input.history(issue).failedWith])),
    heldWith: new Map(chosen.map((issue) => [issue.id, heldWith(issue, input)])),
    skipped: [
      ...input.intake.malformed.map(
        ({ label, problem }) => new Skipped({ beads: label, reason: "malformed", detail: problem })
      ),
      ...left
        .filter(({ issue }) => !isChosen.has(issue.id))
        .map((each) => skip(each.issue, "reason" in each ? each.reason : ["duplicate", copyOf(each.original)])),
      ...eligible.slice(places).map((issue) => skip(issue, overflow))
    ]
  }
}
