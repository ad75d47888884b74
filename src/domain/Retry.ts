import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"

/**
 * A person wanted a bug tried again (`retry ID`): what was made for it before counts no more.
 *
 * @example
 * Retry.make({ beads: id, at: now, note: "Look at src/csv first" })
 */
export const Retry = Schema.Struct({
  beads: BeadsId,
  /** Milliseconds since the epoch. */
  at: Schema.JsonNumber,
  /** What that person wants the next agent to know. It stands in the next prompt. */
  note: Schema.optional(Schema.String)
})
export type Retry = typeof Retry.Type
