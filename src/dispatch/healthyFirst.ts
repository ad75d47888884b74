import { Clock, Duration, Effect } from "effect"
import { probationEvent } from "../domain/Event.ts"
import { byHealth, HEALTH_WINDOW, probations, type Probation } from "../domain/Health.ts"
import type { ProviderName } from "../domain/Provider.ts"
import type { Settings } from "../domain/Settings.ts"
import { Journal } from "../journal/Journal.ts"

const NONE: ReadonlyMap<ProviderName, Probation> = new Map()

/** The chain as the journal of earlier nights would have it: who keeps failing comes last, and the log says why. */
export const healthyFirst = Effect.fn("healthyFirst")(function* ({
  providerHealth,
  providers
}: Pick<Settings, "providerHealth" | "providers">) {
  if (!providerHealth) return { chain: providers, probation: NONE }
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  const attempts = yield* journal.since(now - Duration.toMillis(HEALTH_WINDOW))
  const probation = probations(attempts, now)
  yield* Effect.forEach(providers, ({ name }) => {
    const one = probation.get(name)
    return one === undefined ? Effect.void : Effect.logWarning(probationEvent(one))
  })
  return { chain: byHealth(providers, probation), probation }
})
