import { Clock, Duration, Effect, Option } from "effect"
import { emit } from "../../domain/Events.ts"
import { byHealth, probations, type Probation } from "../../domain/Health.ts"
import { providerResults, RESULTS_WINDOW, type ProviderResults } from "../../domain/ProviderResult.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { waitsOf, type Waits } from "../../domain/ProviderWait.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"

type Probations = ReadonlyMap<ProviderName, Probation>

/** The ends of the providers' latest jobs, from the journal. */
export const recentResults = Effect.gen(function* () {
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  return providerResults(yield* journal.since(now - Duration.toMillis(RESULTS_WINDOW)), now)
}).pipe(Effect.withSpan("recentResults"))

/**
 * The chain with the providers on probation last. Logs why each is on probation; none is if `providerHealth` is off. A provider that
 * waits gets no job at all, so it keeps its place: the chain passes it over and says why.
 */
export const healthyFirst = Effect.fn("healthyFirst")(function* (ends: ProviderResults, waits: Waits) {
  const [{ providerHealth, providers }, now] = yield* Effect.all([CurrentSettings, Clock.currentTimeMillis])
  const found: Probations = providerHealth ? probations(ends, now) : new Map()
  const probation: Probations = new Map([...found].filter(([name]) => !waits.has(name)))
  yield* Effect.forEach(providers, ({ name }) => {
    const reason = probation.get(name)
    return reason === undefined ? Effect.void : emit({ _tag: "ProviderProbation", ...reason })
  })
  return { chain: byHealth(providers, probation), probation }
})

/**
 * The providers that wait for a login, or until a limit ends which they named; none if `providerHealth` is off. Without `JournalQueries` only the
 * ends of jobs tell, and no preflights.
 */
export const waitsNow = Effect.fn("waitsNow")(function* (ends: ProviderResults) {
  const [{ providerHealth }, journal, queries, now] = yield* Effect.all([
    CurrentSettings,
    Journal,
    Effect.serviceOption(JournalQueries),
    Clock.currentTimeMillis
  ])
  if (!providerHealth) return new Map() satisfies Waits
  const checks = Option.isSome(queries) ? yield* queries.value.checks : []
  return waitsOf(ends, checks, yield* journal.retries, now)
})
