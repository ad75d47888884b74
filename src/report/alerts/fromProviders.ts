import type { Condition } from "../../domain/Condition.ts"
import { providersOf } from "../needs/providers.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import { conditionOf } from "./condition.ts"

/** What is told of the providers: that none works; else each that was passed over or is on probation. */
export const fromProviders = ({ night, program }: AlertFacts): ReadonlyArray<Condition> => {
  const providers = providersOf(night)
  const isDown = ({ now }: (typeof providers)[number]) => now === "unavailable" || now === "probation"
  const down = providers.filter(isDown)
  const words = down.map(
    ({ detail = "unknown", now, provider }) => `${provider}: ${now === "probation" ? "on probation, " : ""}${detail}`
  )
  const fingerprint = down.map(({ now, provider }) => `${provider} ${now}`).join()
  const commands = [`${program} preflight`]
  if (providers.length > 0 && down.length === providers.length) {
    return [
      conditionOf({ kind: "no_provider", what: `no provider works: ${words.join(" · ")}`, commands, fingerprint })
    ]
  }
  return down.map(({ detail = "unknown", now, provider: name }) =>
    now === "probation"
      ? conditionOf({ kind: "probation", name, what: `${name} is on probation: ${detail}`, commands, fingerprint: "" })
      : conditionOf({ kind: "fallback", name, what: `${name} was passed over: ${detail}`, commands })
  )
}
