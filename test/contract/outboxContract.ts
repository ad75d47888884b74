import { Effect, type Scope } from "effect"
import { contract, type OutboxWorld } from "../../src/testing/index.ts"
import { keeps } from "./keeps.ts"

/** The tests that every `Outbox` must pass. `makeLayer` makes an empty one. */
export const outboxContract = (
  name: string,
  makeLayer: Effect.Effect<OutboxWorld["layer"], never, Scope.Scope>
): void => keeps(`Outbox contract: ${name}`, contract.outbox(Effect.map(makeLayer, (layer) => ({ layer }))))
