import { Effect, type Scope } from "effect"
import { contract, type JournalWorld } from "../../src/testing/index.ts"
import { keeps } from "./keeps.ts"

/** The tests that every `Journal` must pass. `makeLayer` makes an empty one. */
export const journalContract = (
  name: string,
  makeLayer: Effect.Effect<JournalWorld["layer"], never, Scope.Scope>
): void => keeps(`Journal contract: ${name}`, contract.journal(Effect.map(makeLayer, (layer) => ({ layer }))))
