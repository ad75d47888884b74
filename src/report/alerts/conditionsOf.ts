import { Either } from "effect"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { Condition, OpenCondition } from "../../domain/Condition.ts"
import { Dispatched } from "../../domain/Outcome.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import { lastJobs, stillOpen } from "./bugs.ts"
import { fromJobs } from "./fromJobs.ts"
import { fromNeeds } from "./fromNeeds.ts"
import { providersOf } from "../needs/providers.ts"
import { askedLately, fromProviders } from "./fromProviders.ts"
import { fromRuns } from "./fromRuns.ts"
import { fateInFleet, ofThisHost, withOwnChecks } from "./ownHost.ts"

/**
 * What became of a condition that is not so now. `unknown`: nobody can tell, so it stays open. `over`: a person is told so.
 * `dropped`: it means nothing any more; the bug was closed, or another alert tells of it.
 */
export type Fate = "unknown" | "over" | "dropped"

/** What is so now, as far as it can be told. */
export interface Conditions {
  readonly now: ReadonlyArray<Condition>
  readonly fateOf: (open: OpenCondition) => Fate
}

/** The kinds that are about one bug, or about how many there are. */
const OF_BUGS: ReadonlySet<AlertKind> = new Set([
  "budget",
  "claim",
  "malformed",
  "gave_up",
  "needs_human",
  "unchanged",
  "overload",
  "review",
  "dispatch_failed",
  "job_failed",
  "job_lost",
  "unverified"
])
/** A provider may need a person whatever the tracker says. */
const isOfBugs = ({ beads, kind }: Pick<Condition, "beads" | "kind">): boolean =>
  OF_BUGS.has(kind) && (kind !== "needs_human" || beads !== undefined)
const OF_RUNNER: ReadonlySet<AlertKind> = new Set(["job_stalled", "job_unknown"])

/** The fates of conditions about one bug, by kind. Those of other kinds are over when they are not so. */
const fatesOfBugs = (
  facts: AlertFacts,
  now: ReadonlyArray<Condition>
): Readonly<Partial<Record<AlertKind, (beads: string) => Fate>>> => {
  const { lastOutcomes } = facts
  const [isOpen, last] = [stillOpen(facts), new Map<string, string>()]
  for (const [beads, { end }] of lastJobs(facts)) last.set(beads, end)
  const given = new Set(now.filter(({ kind }) => kind === "gave_up").map(({ beads }) => beads))
  const dispatched = new Set<string>(
    lastOutcomes.filter((each) => each instanceof Dispatched).map(({ beads }) => beads)
  )
  const ofJob = (beads: string): Fate =>
    last.get(beads) === "succeeded" ? "over" : isOpen(beads) && !given.has(beads) ? "unknown" : "dropped"
  return {
    job_failed: ofJob,
    job_lost: ofJob,
    unverified: ofJob,
    // Until the bug is dispatched or closed, nothing shows that it could be.
    dispatch_failed: (beads) => (dispatched.has(beads) ? "over" : isOpen(beads) ? "unknown" : "dropped"),
    needs_human: (beads) => (isOpen(beads) ? "over" : "dropped"),
    unchanged: (beads) => (isOpen(beads) ? "over" : "dropped"),
    gave_up: (beads) => (isOpen(beads) ? "over" : "dropped")
  }
}

/**
 * The states that alerts tell of, from the same facts as `status`. Pure.
 *
 * @example
 * conditionsOf(facts).now.map(({ key }) => key) // ["no_provider", "gave_up bd-7"]
 */
export const conditionsOf = (input: AlertFacts): Conditions => {
  const facts = { ...input, night: withOwnChecks(input.night) }
  const { night } = facts
  const isPlanned = Either.isRight(night.tracker) && Either.isRight(night.tracker.right.skipped)
  const all = [...fromNeeds(facts), ...fromRuns(facts), ...fromProviders(facts), ...fromJobs(facts)].map(
    ofThisHost(night)
  )
  // What only the journal knows of a bug may have changed in the tracker.
  const known = all.filter((each) => isPlanned || !isOfBugs(each))
  // The first of a key is the one that says more.
  const now = [...new Map(known.toReversed().map((each) => [each.key, each])).values()].toReversed()
  const isNoneUp = now.some(({ kind }) => kind === "no_provider")
  const asked = new Set<string>(askedLately(facts))
  const limited = new Set(providersOf(night).flatMap((each) => (each.now === "limited" ? [each.provider] : [])))
  const fates = fatesOfBugs(facts, now)

  const isUnknown = ({ condition }: OpenCondition): boolean => {
    const { key, kind } = condition
    return (
      (Either.isLeft(night.journal) && kind !== "state") ||
      (isOfBugs(condition) && !isPlanned) ||
      (OF_RUNNER.has(kind) && Either.isLeft(night.running)) ||
      ((kind === "fallback" || kind === "probation") && isNoneUp) ||
      // A limit hides whether probation is over.
      (kind === "probation" && [...limited].some((name) => key === `probation ${name}`)) ||
      (kind === "fallback" && !asked.has(key.slice(kind.length + 1).split(" ")[0] ?? ""))
    )
  }
  return {
    now,
    fateOf: (open) => {
      const { beads, kind } = open.condition
      const known = Either.isLeft(night.journal) ? undefined : fateInFleet(input.night, open)
      if (known !== undefined) return known
      if (isUnknown(open)) return "unknown"
      return beads === undefined ? "over" : (fates[kind]?.(beads) ?? "over")
    }
  }
}
