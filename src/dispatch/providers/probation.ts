import { Clock, Duration, Effect } from "effect"
import { ackOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import { probationEvent } from "../../domain/Event.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { byHealth, HEALTH_WINDOW, probations, type Probation } from "../../domain/Health.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"

type Probations = ReadonlyMap<ProviderName, Probation>

/** The providers on probation, from the attempts in the journal. Empty if `providerHealth` is off. */
const onProbation: Effect.Effect<Probations, JournalFailed, Journal> = Effect.gen(function* () {
  const [journal, { providerHealth }, now] = yield* Effect.all([Journal, CurrentSettings, Clock.currentTimeMillis])
  if (!providerHealth) return new Map()
  return probations(yield* journal.since(now - Duration.toMillis(HEALTH_WINDOW)), now)
})

/** The chain with the providers on probation last. Logs why each is on probation. */
export const healthyFirst = Effect.gen(function* () {
  const [{ providers }, probation] = yield* Effect.all([CurrentSettings, onProbation])
  yield* Effect.forEach(providers, ({ name }) => {
    const reason = probation.get(name)
    return reason === undefined ? Effect.void : Effect.logWarning(probationEvent(reason))
  })
  return { chain: byHealth(providers, probation), probation }
}).pipe(Effect.withSpan("healthyFirst"))

/** A job that fails with a provider on probation may be the provider's fault, so it uses up no attempt of the bug. */
export const spareBug = Effect.fn("spareBug")(function* (
  attempt: Attempt,
  ending: Ending
): Effect.fn.Return<Ending, JournalFailed, Journal> {
  const ack = ackOf(attempt)
  if (ack === undefined || ending.blame !== "issue") return ending
  if (!(yield* onProbation).has(ack.provider)) return ending
  const detail = `${ending.detail}; it uses up no attempt of the bug, because ${ack.provider} is on probation`
  return { ...ending, probe: true, detail }
})
