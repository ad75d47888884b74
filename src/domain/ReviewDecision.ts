import { Schema } from "effect"
import { Actor } from "./Actor.ts"
import { BeadsId } from "./Ids.ts"

/**
 * What a person decided about the work of an attempt. `sent_back`: the bug is tried again, with a remark.
 *
 * @example
 * ReviewDecision.make({ actor, beads: id, decision: "accepted", at: now })
 */
export const ReviewDecision = Schema.Struct({
  /** The attempt's. */
  actor: Actor,
  beads: BeadsId,
  decision: Schema.Literal("accepted", "rejected", "sent_back"),
  /** Milliseconds since the epoch. */
  at: Schema.JsonNumber
})
export type ReviewDecision = typeof ReviewDecision.Type
