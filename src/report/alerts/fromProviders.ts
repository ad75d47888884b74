import { DateTime, Either } from "effect"
import type { Condition } from "../../domain/Condition.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { providersOf } from "../needs/providers.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import { conditionOf } from "./condition.ts"

const isoOf = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

/** The providers that the last run with a preflight asked: up to the first that worked. Of the others, nobody knows. */
export const askedLately = ({ night }: AlertFacts): ReadonlySet<ProviderName> => {
  const checks = Either.match(night.journal, { onLeft: () => [], onRight: (journal) => journal.checks })
  const latest = Math.max(...checks.map(({ at }) => at))
  return new Set(checks.filter(({ at }) => at === latest).map(({ check }) => check.provider))
}

/** What is told of the providers: that none works; else each that was passed over or is on probation. */
export const fromProviders = (facts: AlertFacts): ReadonlyArray<Condition> => {
  const providers = providersOf(facts.night)
  const asked = askedLately(facts)
  const down = providers.filter(({ now }) => now !== "ok" && now !== "unchecked")
  const words = down.map(({ detail = "unknown", now, provider, until }) => {
    if (now === "limited") return `${provider}: rate limited${until === undefined ? "" : ` until ${isoOf(until)}`}`
    return now === "probation" ? `${provider}: on probation, ${detail}` : `${provider}: ${detail}`
  })
  const commands = [`${facts.program} preflight`]
  if (providers.length > 0 && down.length === providers.length) {
    const fingerprint = down.map(({ now, provider }) => `${provider} ${now}`).join()
    return [
      conditionOf({ kind: "no_provider", what: `no provider works: ${words.join(" · ")}`, commands, fingerprint })
    ]
  }
  return down.flatMap(({ detail = "unknown", now, provider: name }) => {
    // It ends by itself, and the next provider takes the work; or it is told of as what a person must do.
    if (now === "limited" || now === "needs_human") return []
    if (now === "probation") {
      return [
        conditionOf({ kind: "probation", name, what: `${name} is on probation: ${detail}`, commands, fingerprint: "" })
      ]
    }
    return asked.has(name)
      ? [conditionOf({ kind: "fallback", name, what: `${name} was passed over: ${detail}`, commands })]
      : []
  })
}
