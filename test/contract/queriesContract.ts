import { Effect, type Scope } from "effect"
import { contract, type QueriesWorld } from "../../src/testing/index.ts"
import { keeps } from "./keeps.ts"

/** What `JournalQueries` must answer, in every layer. `makeLayer` makes an empty one. */
export const queriesContract = (
  name: string,
  makeLayer: Effect.Effect<QueriesWorld["layer"], never, Scope.Scope>
): void =>
  keeps(`JournalQueries contract: ${name}`, contract.journalQueries(Effect.map(makeLayer, (layer) => ({ layer }))))
