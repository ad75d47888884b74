import { Clock, Effect, Ref } from "effect"
import type { Attempt } from "../domain/Attempt.ts"
import type { PruneCut } from "../journal/Journal.ts"
import type { makeAttempts, makeRuns } from "./fakeJournalParts.ts"

/** The part of a journal in memory that removes what is old. It has no sent alerts. */
export const makePrune = Effect.fnUntraced(function* (
  attempts: Effect.Effect.Success<ReturnType<typeof makeAttempts>>,
  runs: Effect.Effect.Success<ReturnType<typeof makeRuns>>
) {
  const pruned = yield* Ref.make<number | undefined>(undefined)
  const isOpen = ({ phase }: Attempt) => phase !== "settled"
  /** Whether an attempt ended before this time, and its bug has no open attempt. */
  const isOldOf = (before: number) =>
    Effect.map(attempts.select(isOpen), (open) => {
      const busy = new Set(open.map(({ beads }) => beads))
      return (attempt: Attempt) => !isOpen(attempt) && attempt.updatedAt < before && !busy.has(attempt.beads)
    })
  return {
    pruned: Ref.get(pruned),
    prunable: (before: number) =>
      Effect.flatMap(isOldOf(before), attempts.select).pipe(
        Effect.map((old) => [...new Set(old.map(({ beads }) => beads))])
      ),
    prune: Effect.fnUntraced(function* ({ before, dryRun, over }: PruneCut) {
      const isOld = yield* isOldOf(before)
      const goes = (attempt: Attempt) => over.includes(attempt.beads) && isOld(attempt)
      const [gone, left] = [yield* attempts.select(goes), yield* attempts.select((attempt) => !goes(attempt))]
      const needed = new Set<string>(left.map(({ run }) => run))
      const old = (yield* runs.before(before)).map(({ run }) => run).filter((run) => !needed.has(run))
      if (!dryRun) {
        yield* attempts.remove(goes)
        yield* runs.remove(new Set(old))
        yield* Ref.set(pruned, yield* Clock.currentTimeMillis)
      }
      return { runs: old.length, attempts: gone.length, alerts: 0 }
    })
  }
})
