import { Effect, Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { REVIEW_LABEL, Skipped } from "../../domain/Outcome.ts"
import { leavesWork } from "../../journal/facts.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import type { JournalFacts, NightFacts, TrackerFacts } from "./NightFacts.ts"

/** The work for the bugs that wait in the tracker, as the journal knows it. A bug without any is left out. */
const ofTracker = Effect.fn("status.waiting")(function* ({ intake, skipped }: TrackerFacts) {
  const queries = yield* JournalQueries
  const labelled = intake.issues.filter(({ labels }) => labels.includes(REVIEW_LABEL)).map(({ id }) => id)
  const unmarked = Either.getOrElse(skipped, () => [])
    .filter(({ reason }) => reason === "awaiting_review")
    .flatMap(({ beads }) => intake.issues.filter(({ id }) => id === beads).map(({ id }) => id))
  const last = yield* Effect.forEach(new Set<BeadsId>([...labelled, ...unmarked]), (id) =>
    Effect.map(queries.attemptsOf(id), (attempts) => attempts.slice(-1))
  )
  return last
    .flat()
    .filter((attempt) => leavesWork(attempt) && attempt.decision === undefined)
    .toSorted((a, b) => a.changed - b.changed)
})

/** What the last run that ended left alone. */
const lastSkipped = Effect.fn("status.lastSkipped")(function* ({ runs }: JournalFacts) {
  const journal = yield* Journal
  const last = runs.find(({ ended }) => ended !== undefined)
  const report = last === undefined ? undefined : yield* journal.report(last.run)
  return (report?.outcomes ?? []).filter((outcome) => outcome instanceof Skipped)
})

/** The work that waits for a person, and what the last run left alone if the tracker does not tell what the next one would. */
export const readWaiting = Effect.fn("status.work")(function* (journal: JournalFacts, tracker: NightFacts["tracker"]) {
  const isPlanned = Either.isRight(tracker) && Either.isRight(tracker.right.skipped)
  return {
    waiting: Either.isRight(tracker)
      ? yield* ofTracker(tracker.right)
      : yield* Effect.flatMap(JournalQueries, (queries) => queries.waiting({ since: 0 })),
    lastSkipped: isPlanned ? [] : yield* lastSkipped(journal)
  }
})
