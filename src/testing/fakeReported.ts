import { Effect, Ref } from "effect"
import type { Actor } from "../domain/Actor.ts"
import { ackOf, type Attempt } from "../domain/Attempt.ts"
import type { RunReport } from "../domain/RunReport.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"

const hasEndedJob = (attempt: Attempt): boolean => attempt.phase === "settled" && ackOf(attempt) !== undefined

/** The part of a journal in memory that remembers which ends of jobs are in a run's report. */
export const makeReported = Effect.fnUntraced(function* ({
  select
}: Effect.Effect.Success<ReturnType<typeof makeAttempts>>) {
  const before = yield* select(hasEndedJob)
  const reported = yield* Ref.make<ReadonlySet<Actor>>(new Set(before.map(({ actor }) => actor)))
  return {
    mark: ({ ended }: RunReport) =>
      Ref.update(reported, (all) => new Set([...all, ...ended.map(({ actor }) => actor)])),
    unreported: Effect.flatMap(Ref.get(reported), (known) =>
      Effect.map(
        select((attempt) => hasEndedJob(attempt) && !known.has(attempt.actor)),
        (found) => found.toSorted((a, b) => a.updatedAt - b.updatedAt)
      )
    )
  }
})
