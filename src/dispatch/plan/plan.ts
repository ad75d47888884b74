import type { NightBudget } from "../../domain/Budget.ts"
import type { Ineligible } from "../../domain/eligibility.ts"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { BugHistory } from "../../domain/History.ts"
import type { HostPlaces } from "../../domain/Host.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Intake, Issue } from "../../domain/Issue.ts"
import { Skipped } from "../../domain/Outcome.ts"
import type { Policy } from "../../domain/PlanPolicy.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { Settings } from "../../domain/Settings.ts"
import { allowance } from "./allowance.ts"
import { choose } from "./choose.ts"
import type { Original } from "./originals.ts"
import { heldWith, ownReason } from "./ownReason.ts"
import { probeOf } from "./probe.ts"

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
  /** Why the bugs are in our own order, although the policy has one: it threw. `undefined` if it did not. */
  readonly policyFailure: string | undefined
  /** As many jobs and dispatches as this at the same time, with those of earlier runs. */
  readonly maxParallel: number
}

/** Everything a plan depends on. The same input gives the same plan. */
export interface PlanInput {
  readonly intake: Intake
  readonly settings: Pick<Settings, "host" | "intake" | "limits" | "providers">
  /** The hosts of a fleet that get the bugs, instead of this host alone. Their places bound the plan, and not `maxParallel`. */
  readonly hosts?: ReadonlyArray<HostPlaces>
  /** The rules of a team, besides ours. */
  readonly policy: Policy
  /** See `Plan`. */
  readonly maxParallel: number
  /** Bugs with a live job. */
  readonly running: ReadonlySet<string>
  /** Bugs with an open attempt of an earlier run. */
  readonly unsettled: ReadonlySet<string>
  /** Those of them that are another host's: they take no place here. Default: none. */
  readonly elsewhere?: ReadonlySet<string>
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

/** Not checked again: a tracker may have 100,000 bugs. */
const skip = (issue: Issue, [reason, detail]: Ineligible): Skipped =>
  new Skipped({ beads: issue.id, reason, detail }, { disableValidation: true })

/** The bugs that a plan may choose, if no work for them exists. */
export const mayBeChosen = (input: PlanInput): ReadonlyArray<Issue> =>
  input.intake.issues.filter((issue) => [undefined, "undecided"].includes(ownReason(issue, input)?.[0]))

/**
 * Chooses bugs by the policy's order, then priority, then tries that never got a job, then age, then id. Skips bugs for which work
 * exists, that the policy refuses, duplicates, refused prompts, and bugs over the limits. If every bug is on hold, chooses one of
 * them now and then.
 *
 * @example
 * const { chosen, skipped } = plan(input)
 */
export const plan = (input: PlanInput): Plan => {
  const { left, onHold, overflow, policyFailure, waiting, ...first } = choose(input)
  const probe = first.chosen.length + waiting.length > 0 ? undefined : probeOf(onHold, input)
  const chosen = probe !== undefined && allowance(1, input)[0] > 0 ? [probe] : first.chosen
  const isChosen = new Set(chosen.map(({ id }) => id))
  const copyOf = ({ id, state }: Original): string =>
    `same error as ${id}, ${state ?? (isChosen.has(id) ? "which is chosen in this run" : `which waits for its turn: ${overflow[1]}`)}`
  return {
    chosen,
    policyFailure,
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
      ...waiting.map((issue) => skip(issue, overflow))
    ]
  }
}
