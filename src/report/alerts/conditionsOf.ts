import { Either } from "effect"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { Condition, OpenCondition } from "../../domain/Condition.ts"
import { Dispatched } from "../../domain/Outcome.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import { fromJobs } from "./fromJobs.ts"
import { fromNeeds } from "./fromNeeds.ts"
import { fromProviders } from "./fromProviders.ts"
import { fromRuns } from "./fromRuns.ts"

/** What is so now, as far as it can be told. */
export interface Conditions {
  readonly now: ReadonlyArray<Condition>
  /** Whether nobody can tell if this one is over: it stays as it is. */
  readonly isUnknown: (open: OpenCondition) => boolean
}

/** The kinds that only the tracker tells of. */
const OF_TRACKER: ReadonlySet<AlertKind> = new Set(["claim", "malformed", "gave_up", "overload", "review"])
const OF_RUNNER: ReadonlySet<AlertKind> = new Set(["job_stalled", "job_unknown"])

/**
 * The states that alerts tell of, from the same facts as `status`. Pure.
 *
 * @example
 * conditionsOf(facts).now.map(({ key }) => key) // ["no_provider", "gave_up bd-7"]
 */
export const conditionsOf = (facts: AlertFacts): Conditions => {
  const { lastOutcomes, night } = facts
  const dispatched = new Set<string>(
    lastOutcomes.filter((outcome) => outcome instanceof Dispatched).map(({ beads }) => beads)
  )
  const conditions = [...fromRuns(facts), ...fromNeeds(facts), ...fromProviders(facts), ...fromJobs(facts)]
  const isPlanned = Either.isRight(night.tracker) && Either.isRight(night.tracker.right.skipped)
  const open = Either.match(night.tracker, { onLeft: () => [], onRight: ({ intake }) => intake.issues })
  const isOpen = (beads: string | undefined) => Either.isLeft(night.tracker) || open.some(({ id }) => id === beads)
  return {
    // The first of a key is the one that says more.
    now: [...new Map(conditions.toReversed().map((each) => [each.key, each])).values()].toReversed(),
    isUnknown: ({ condition: { beads, kind } }) =>
      (Either.isLeft(night.journal) && kind !== "state") ||
      (OF_TRACKER.has(kind) && !isPlanned) ||
      (OF_RUNNER.has(kind) && Either.isLeft(night.running)) ||
      // Until the bug is dispatched or closed, nothing shows that it could be.
      (kind === "dispatch_failed" && !dispatched.has(beads ?? "") && isOpen(beads))
  }
}
