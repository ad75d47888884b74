import { Effect, TestClock, type Scope } from "effect"
import { lost } from "./outboxLost.ts"
import { many } from "./outboxMany.ts"
import { ordered } from "./outboxOrder.ts"
import { queued } from "./outboxQueue.ts"
import { HOUR, type OutboxCheck, type OutboxWorld } from "./outboxWorld.ts"
import type { Contract } from "./suite.ts"
import { collectTimed } from "./timed.ts"

/**
 * What every layer of `Outbox` must do. `makeWorld` makes an empty outbox.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.outbox(makeWorld))
 */
export const outbox = (makeWorld: Effect.Effect<OutboxWorld, never, Scope.Scope>): Contract =>
  collectTimed(makeWorld, (checkIn) => {
    const check: OutboxCheck = (name, body) =>
      checkIn("")(name, Effect.zipRight(TestClock.setTime(10 * 24 * HOUR), body))
    queued(check)
    ordered(check)
    lost(check)
    many(check)
  })
