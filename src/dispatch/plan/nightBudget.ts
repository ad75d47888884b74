import { Effect, type Scope } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import { moment, type Moment } from "../../domain/BootClock.ts"
import { hasNightBudget, nightBudget, NO_BUDGET, type NightBudget } from "../../domain/Budget.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { localZone } from "../../domain/localZone.ts"
import { nightAt } from "../../domain/night.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { timeOf } from "../../domain/times.ts"
import { Journal } from "../../journal/Journal.ts"

/** The attempts of the night that it is now, and when it ends, in words. */
const ofThisNight = Effect.fnUntraced(function* ({ at }: Moment) {
  const journal = yield* Journal
  const { from, until } = nightAt(at, localZone(at))
  const attempts = (yield* journal.since(from)).filter(({ createdAt }) => createdAt >= from)
  return { attempts, until: timeOf(until, { now: at, zone: localZone }) }
})

/** What is left of the budget of this night. `reserved`: the bugs that are about to get a job. */
export const nightBudgetNow = Effect.fn("plan.nightBudget")(function* (
  reserved: ReadonlySet<BeadsId> = new Set()
): Effect.fn.Return<NightBudget, JournalFailed, Journal> {
  const { limits } = yield* CurrentSettings
  if (!hasNightBudget(limits)) return NO_BUDGET
  const now = yield* moment
  const { attempts, until } = yield* ofThisNight(now)
  const isOpen = (id: BeadsId) =>
    attempts.some((attempt: Attempt) => attempt.beads === id && attempt.phase !== "settled")
  const unknown = [...reserved].filter((id) => !isOpen(id)).length
  return nightBudget({ attempts, reserved: unknown, limits, now, until })
})

/**
 * Reserves one job of this night's budget for a bug until the scope closes; by then the journal has the job. Gives why there is
 * none, `undefined` if there is. One caller at a time asks, so that dispatches at the same time never take the same job.
 */
export type Reserve = (id: BeadsId) => Effect.Effect<string | undefined, JournalFailed, Journal | Scope.Scope>

/** For the dispatches of one run. */
export const makeReserve: Effect.Effect<Reserve> = Effect.map(Effect.makeSemaphore(1), (oneAtATime) => {
  const reserved = new Set<BeadsId>()
  const reserve = (id: BeadsId) =>
    Effect.acquireRelease(
      Effect.sync(() => reserved.add(id)),
      () => Effect.sync(() => reserved.delete(id))
    )
  return (id) =>
    oneAtATime.withPermits(1)(
      Effect.gen(function* () {
        const { left, why } = yield* nightBudgetNow(reserved)
        if (left <= 0) return why
        yield* reserve(id)
        return undefined
      })
    )
})
