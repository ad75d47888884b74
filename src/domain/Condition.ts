import { Schema } from "effect"
import { AlertKind } from "./AlertKind.ts"
import { Level } from "./Message.ts"

/**
 * A state that alerts tell of, as it is now. All times: milliseconds since the epoch.
 *
 * @example
 * Condition.make({ key: "no_provider", kind: "no_provider", level: "bad", what: "no provider works", commands: [], fingerprint: "" })
 */
export const Condition = Schema.Struct({
  /** Names the subject, the same in each look at it: `no_provider`, `gave_up bd-7`. */
  key: Schema.NonEmptyString,
  kind: AlertKind,
  level: Level,
  beads: Schema.optional(Schema.String),
  /** The host whose own state it is, of several that share a journal: no other one can tell when it is over. */
  host: Schema.optional(Schema.String),
  /** In one line, without its time. */
  what: Schema.String,
  /** When it began, if that is known. */
  since: Schema.optional(Schema.JsonNumber),
  /** What follows from it, in one line. */
  follows: Schema.optional(Schema.String),
  /** To paste into a shell, the best first. */
  commands: Schema.Array(Schema.String),
  /**
   * What counts as a change of it; a time or a count in `what` is none. Made of ids and words of a fixed list, like `key`: both are
   * compared, so secrets are not removed from them.
   */
  fingerprint: Schema.String
})
export type Condition = typeof Condition.Type

/**
 * A condition that is kept until it is over.
 *
 * @example
 * (open: typeof OpenCondition.Type) => now - open.since // for how long it has been so, in milliseconds
 */
export const OpenCondition = Schema.Struct({
  condition: Condition,
  /** When it was seen first, or when it began if that is known. */
  since: Schema.JsonNumber,
  /** When the last message about it was made; absent if there was none: it is told of in the digest only, or not at all. */
  told: Schema.optional(Schema.JsonNumber)
})
export type OpenCondition = typeof OpenCondition.Type
