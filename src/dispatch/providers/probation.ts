import { Clock, Duration, Effect } from "effect"
import { probationEvent } from "../../domain/Event.ts"
import { byHealth, probations, type Probation } from "../../domain/Health.ts"
import { jobEnds, JOB_ENDS_WINDOW, type JobEnds } from "../../domain/JobEnd.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"

type Probations = ReadonlyMap<ProviderName, Probation>

/** The ends of the providers' latest jobs, from the journal. */
export const recentJobEnds = Effect.gen(function* () {
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  return jobEnds(yield* journal.since(now - Duration.toMillis(JOB_ENDS_WINDOW)), now)
}).pipe(Effect.withSpan("recentJobEnds"))

/** The chain with the providers on probation last. Logs why each is on probation; none is if `providerHealth` is off. */
export const healthyFirst = Effect.fn("healthyFirst")(function* (ends: JobEnds) {
  const [{ providerHealth, providers }, now] = yield* Effect.all([CurrentSettings, Clock.currentTimeMillis])
  const probation: Probations = providerHealth ? probations(ends, now) : new Map()
  yield* Effect.forEach(providers, ({ name }) => {
    const reason = probation.get(name)
    return reason === undefined ? Effect.void : Effect.logWarning(probationEvent(reason))
  })
  return { chain: byHealth(providers, probation), probation }
})
