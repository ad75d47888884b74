import { Either } from "effect"
import type { Issue } from "../domain/Issue.ts"
import { isLive } from "../domain/Job.ts"
import { WAITS_FOR_A_RUN } from "../domain/Outcome.ts"
import type { JournalFacts, NightFacts, TrackerFacts } from "../report/needs/NightFacts.ts"
import { providersOf, ShownProvider } from "../report/needs/providers.ts"
import { sample, type Sample } from "./families.ts"

const STATES = ShownProvider.fields.now.literals

/** Seconds. */
const ageOf = (now: number, at: number | undefined): number => (at === undefined ? 0 : Math.max(0, now - at) / 1000)

const oldest = (bugs: ReadonlyArray<Issue>): number | undefined => {
  // The tracker gave no time of a bug with 0.
  const times = bugs.map(({ createdAt }) => createdAt).filter((at) => at > 0)
  return times.length === 0 ? undefined : Math.min(...times)
}

const ofTracker = ({ intake, skipped }: TrackerFacts, now: number): ReadonlyArray<Sample> => {
  if (Either.isLeft(skipped)) return []
  const reasons = new Map(skipped.right.map(({ beads, reason }) => [beads, reason] as const))
  const chosen = intake.issues.filter(({ id }) => !reasons.has(id))
  const waiting = intake.issues.filter(({ id }) => {
    const reason = reasons.get(id)
    return reason === undefined || WAITS_FOR_A_RUN.has(reason)
  })
  return [
    sample("nightly_dispatch_bugs", { plan: "chosen" }, chosen.length),
    sample("nightly_dispatch_bugs", { plan: "left" }, skipped.right.length),
    sample("nightly_dispatch_oldest_waiting_bug_age_seconds", {}, ageOf(now, oldest(waiting)))
  ]
}

const ofLastRun = ({ runs }: JournalFacts): ReadonlyArray<Sample> => {
  const last = runs.find(({ ended }) => ended !== undefined)
  if (last?.ended === undefined) return []
  return [
    sample("nightly_dispatch_last_run_timestamp_seconds", {}, last.ended / 1000),
    ...(last.exit === undefined ? [] : [sample("nightly_dispatch_last_run_exit_code", {}, last.exit)])
  ]
}

const ofJournal = (facts: NightFacts, journal: JournalFacts): ReadonlyArray<Sample> => [
  ...providersOf(facts).flatMap(({ now, provider }) =>
    STATES.map((state) => sample("nightly_dispatch_provider_state", { provider, state }, state === now ? 1 : 0))
  ),
  sample("nightly_dispatch_review_waiting", {}, facts.waiting.length),
  sample("nightly_dispatch_oldest_review_age_seconds", {}, ageOf(facts.now, facts.waiting[0]?.changed)),
  ...ofLastRun(journal)
]

/**
 * The gauges of the present. What could not be read has none: a gauge of 0 would say that there is nothing.
 *
 * @example
 * gaugesOf(yield* gatherFacts(place))
 */
export const gaugesOf = (facts: NightFacts): ReadonlyArray<Sample> => {
  const { journal, now, running, tracker } = facts
  const up = (source: string, found: Either.Either<unknown, unknown>) =>
    sample("nightly_dispatch_source_up", { source }, Either.isRight(found) ? 1 : 0)
  return [
    up("journal", journal),
    up("tracker", tracker),
    up("runner", running),
    ...Either.match(journal, { onLeft: () => [], onRight: (found) => ofJournal(facts, found) }),
    ...Either.match(tracker, { onLeft: () => [], onRight: (found) => ofTracker(found, now) }),
    ...Either.match(running, {
      onLeft: () => [],
      onRight: (jobs) => [sample("nightly_dispatch_running_jobs", {}, jobs.filter(isLive).length)]
    })
  ]
}
