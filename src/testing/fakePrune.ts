import { Clock, Effect, Ref } from "effect"
import type { Attempt } from "../domain/Attempt.ts"
import type { Retry } from "../domain/Retry.ts"
import type { PruneCut } from "../journal/Journal.ts"
import type { makeRetries } from "./fakeRetries.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"
import type { makeRuns } from "./fakeRuns.ts"

/** The part of a journal in memory that removes what is old. It has no sent alerts. */
export const makePrune = Effect.fnUntraced(function* (
  attempts: Effect.Effect.Success<ReturnType<typeof makeAttempts>>,
  runs: Effect.Effect.Success<ReturnType<typeof makeRuns>>,
  retries: Effect.Effect.Success<typeof makeRetries>
) {
  const pruned = yield* Ref.make<number | undefined>(undefined)
  const isOpen = ({ phase }: Attempt) => phase !== "settled"
  /** Whether an attempt or a retry is from before this time, and its bug has no open attempt. */
  const isOldOf = (before: number) =>
    Effect.map(attempts.select(isOpen), (open) => {
      const busy = new Set(open.map(({ beads }) => beads))
      return {
        isOld: (attempt: Attempt) => !isOpen(attempt) && attempt.updatedAt < before && !busy.has(attempt.beads),
        isOldRetry: ({ at, beads }: Retry) => at < before && !busy.has(beads)
      }
    })
  return {
    pruned: Ref.get(pruned),
    prunable: Effect.fnUntraced(function* (before: number) {
      const { isOld, isOldRetry } = yield* isOldOf(before)
      const old = [...(yield* attempts.select(isOld)), ...(yield* retries.all).filter(isOldRetry)]
      return [...new Set(old.map(({ beads }) => beads))]
    }),
    prune: Effect.fnUntraced(function* ({ before, dryRun, over }: PruneCut) {
      const { isOld, isOldRetry } = yield* isOldOf(before)
      const goes = (attempt: Attempt) => over.includes(attempt.beads) && isOld(attempt)
      const [gone, left] = [yield* attempts.select(goes), yield* attempts.select((attempt) => !goes(attempt))]
      const needed = new Set<string>(left.map(({ run }) => run))
      const old = (yield* runs.before(before)).map(({ run }) => run).filter((run) => !needed.has(run))
      if (!dryRun) {
        yield* attempts.remove(goes)
        yield* retries.remove((retry) => over.includes(retry.beads) && isOldRetry(retry))
        yield* runs.remove(new Set(old))
        yield* Ref.set(pruned, yield* Clock.currentTimeMillis)
      }
      return { runs: old.length, attempts: gone.length, alerts: 0 }
    })
  }
})
