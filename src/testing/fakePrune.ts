import { Clock, Effect, Ref } from "effect"
import type { Attempt } from "../domain/Attempt.ts"
import { overAt } from "../domain/Pause.ts"
import type { Retry } from "../domain/Retry.ts"
import type { PruneCut } from "../journal/Journal.ts"
import type { FakeNotice, makeNotices } from "./fakeNotices.ts"
import type { makePauses } from "./fakePauses.ts"
import type { makeRetries } from "./fakeRetries.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"
import type { makeRuns } from "./fakeRuns.ts"
import type { makeShadows } from "./fakeShadows.ts"

/** The parts of a journal in memory that are removed when they are old. */
interface Parts {
  readonly attempts: Effect.Effect.Success<ReturnType<typeof makeAttempts>>
  readonly runs: Effect.Effect.Success<ReturnType<typeof makeRuns>>
  readonly retries: Effect.Effect.Success<typeof makeRetries>
  readonly notices: Effect.Effect.Success<ReturnType<typeof makeNotices>>
  readonly pauses: Effect.Effect.Success<ReturnType<typeof makePauses>>
  readonly shadows: Pick<Effect.Effect.Success<ReturnType<typeof makeShadows>>, "removeBefore">
}

/** The part of a journal in memory that removes what is old. */
export const makePrune = Effect.fnUntraced(function* ({ attempts, notices, pauses, retries, runs, shadows }: Parts) {
  const pruned = yield* Ref.make<number | undefined>(undefined)
  const isOpen = ({ phase }: Attempt) => phase !== "settled"
  /** Whether an attempt or a retry is from before this time, and its bug has no open attempt. */
  const isOldOf = (before: number) =>
    Effect.map(attempts.select(isOpen), (open) => {
      const busy = new Set(open.map(({ beads }) => beads))
      return {
        isOld: (attempt: Attempt) => !isOpen(attempt) && attempt.updatedAt < before && !busy.has(attempt.beads),
        isOldRetry: ({ at, beads }: Retry) => at < before && !busy.has(beads),
        isOldNotice: ({ at, notice: { beads } }: FakeNotice) => at < before && (beads === undefined || !busy.has(beads))
      }
    })
  return {
    pruned: Ref.get(pruned),
    prunable: Effect.fnUntraced(function* (before: number) {
      const { isOld, isOldNotice, isOldRetry } = yield* isOldOf(before)
      const old = [...(yield* attempts.select(isOld)), ...(yield* retries.all).filter(isOldRetry)]
      const noticed = (yield* notices.select(isOldNotice)).flatMap(({ notice: { beads } }) => beads ?? [])
      return [...new Set([...old.map(({ beads }) => beads), ...noticed])]
    }),
    prune: Effect.fnUntraced(function* ({ before, dryRun, over }: PruneCut) {
      const { isOld, isOldNotice, isOldRetry } = yield* isOldOf(before)
      const isOver = ({ notice: { beads } }: FakeNotice) => beads === undefined || over.includes(beads)
      const noticeGoes = (each: FakeNotice) => isOldNotice(each) && isOver(each)
      const oldNotices = yield* notices.select(noticeGoes)
      const goes = (attempt: Attempt) => over.includes(attempt.beads) && isOld(attempt)
      const [gone, left] = [yield* attempts.select(goes), yield* attempts.select((attempt) => !goes(attempt))]
      const needed = new Set<string>(left.map(({ run }) => run))
      const old = (yield* runs.before(before)).map(({ run }) => run).filter((run) => !needed.has(run))
      if (!dryRun) {
        yield* attempts.remove(goes)
        yield* retries.remove((retry) => over.includes(retry.beads) && isOldRetry(retry))
        yield* notices.remove(noticeGoes)
        yield* pauses.remove((pause) => (overAt(pause) ?? Number.POSITIVE_INFINITY) < before)
        yield* shadows.removeBefore(before)
        yield* runs.remove(new Set(old))
        yield* Ref.set(pruned, yield* Clock.currentTimeMillis)
      }
      return { runs: old.length, attempts: gone.length, alerts: oldNotices.length }
    })
  }
})
