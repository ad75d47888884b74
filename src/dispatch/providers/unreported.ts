import { Clock, Duration, Effect } from "effect"
import { countsUsage } from "../../domain/Budget.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { reports, unitsWithBudget } from "../../domain/Reporting.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"

/** A refused provider gets no job that could show more. After this time it is tried again. */
const BELIEVED = Duration.days(1)

/** By provider: what its jobs do not report although there is a budget of it, in words. None if there is no such budget. */
export const unreported = Effect.gen(function* () {
  const [{ limits, providers }, journal, runner] = yield* Effect.all([CurrentSettings, Journal, DxRunner])
  const words = new Map<ProviderName, string>()
  if (!countsUsage(limits)) return words
  const attempts = yield* journal.since((yield* Clock.currentTimeMillis) - Duration.toMillis(BELIEVED))
  for (const provider of providers) {
    const silent = unitsWithBudget(limits).filter(
      ([unit]) => reports(provider, unit, attempts, runner.reportsUsage) === false
    )
    if (silent.length === 0) continue
    const [units, keys] = [silent.map(([unit]) => unit).join(" and no "), silent.map(([, key]) => key).join(" and ")]
    words.set(provider.name, `its jobs report no ${units}, so ${keys} cannot hold for it`)
  }
  return words
}).pipe(Effect.withSpan("unreported"))

/** The providers that get no job for that reason: in `hard` mode. */
export const refusedByBudget = Effect.gen(function* () {
  const { limits } = yield* CurrentSettings
  if (limits.budgetMode !== "hard") return new Map<ProviderName, string>()
  return new Map(
    Array.from(yield* unreported, ([name, words]) => [name, `${words} (limits.budgetMode is hard)`] as const)
  )
})

/** Logs once a run which providers' jobs count as 0, in `soft` mode. Gives those that get no job. */
export const heldByBudget = Effect.gen(function* () {
  const { limits } = yield* CurrentSettings
  if (limits.budgetMode === "soft") {
    for (const [name, words] of yield* unreported) {
      yield* Effect.logWarning(`${name}: ${words}: what its jobs use counts as 0 (limits.budgetMode is soft)`)
    }
  }
  return yield* refusedByBudget
})
