import { Clock, Duration, Effect } from "effect"
import type { Attempt, Ending } from "../../domain/Attempt.ts"
import { probationEvent } from "../../domain/Event.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { byHealth, HEALTH_WINDOW, probations, type Probation } from "../../domain/Health.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"

type Probations = ReadonlyMap<ProviderName, Probation>

/** The providers on probation, by what the journal knows of earlier nights; none where nobody wants to know. */
const onProbation: Effect.Effect<Probations, JournalFailed, Journal> = Effect.gen(function* () {
  const [journal, { providerHealth }, now] = yield* Effect.all([Journal, CurrentSettings, Clock.currentTimeMillis])
  if (!providerHealth) return new Map()
  return probations(yield* journal.since(now - Duration.toMillis(HEALTH_WINDOW)), now)
})

/** The chain as the journal of earlier nights would have it: who keeps failing comes last, and the log says why. */
export const healthyFirst = Effect.gen(function* () {
  const [{ providers }, probation] = yield* Effect.all([CurrentSettings, onProbation])
  yield* Effect.forEach(providers, ({ name }) => {
    const one = probation.get(name)
    return one === undefined ? Effect.void : Effect.logWarning(probationEvent(one))
  })
  return { chain: byHealth(providers, probation), probation }
}).pipe(Effect.withSpan("healthyFirst"))

/** What a job of a provider on probation comes to tells nothing of the bug: it must not use up the bug's attempts. */
export const spared = Effect.fn("spared")(function* (
  { ack }: Attempt,
  ending: Ending
): Effect.fn.Return<Ending, JournalFailed, Journal> {
  if (ack === undefined || ending.blame !== "issue") return ending
  if (!(yield* onProbation).has(ack.provider)) return ending
  const detail = `${ending.detail}; no attempt of the bug's is used up by it, because ${ack.provider} is on probation`
  return { ...ending, probe: true, detail }
})
