import { Clock, Duration, Effect } from "effect"
import { emit } from "../../domain/Events.ts"
import { byHealth, probations, type Probation } from "../../domain/Health.ts"
import { providerResults, RESULTS_WINDOW, type ProviderResults } from "../../domain/ProviderResult.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"

type Probations = ReadonlyMap<ProviderName, Probation>

/** The ends of the providers' latest jobs, from the journal. */
export const recentResults = Effect.gen(function* () {
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  return providerResults(yield* journal.since(now - Duration.toMillis(RESULTS_WINDOW)), now)
}).pipe(Effect.withSpan("recentResults"))

/** The chain with the providers on probation last. Logs why each is on probation; none is if `providerHealth` is off. */
export const healthyFirst = Effect.fn("healthyFirst")(function* (ends: ProviderResults) {
  const [{ providerHealth, providers }, now] = yield* Effect.all([CurrentSettings, Clock.currentTimeMillis])
  const probation: Probations = providerHealth ? probations(ends, now) : new Map()
  yield* Effect.forEach(providers, ({ name }) => {
    const reason = probation.get(name)
    return reason === undefined ? Effect.void : emit({ _tag: "ProviderProbation", ...reason })
  })
  return { chain: byHealth(providers, probation), probation }
})
