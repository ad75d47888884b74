import { Schema } from "effect"
import { AlertKind } from "./AlertKind.ts"

/**
 * How urgent a message is. `bad`: the night does not work. `warning`: a person is wanted. `good`: something is over.
 *
 * @example
 * Schema.is(Level)("bad") // true
 */
export const Level = Schema.Literal("bad", "warning", "good", "info")
export type Level = typeof Level.Type

/**
 * What became of the subject since the last message about it. `raised`: it is new. `changed`: it is not as it was. `repeated`: it
 * still is, and was not mentioned for a long time. `recovered`: it is over. `digest`, `test`: the message is about no subject.
 *
 * @example
 * Schema.is(Change)("recovered") // true
 */
export const Change = Schema.Literal("raised", "changed", "repeated", "recovered", "digest", "test")
export type Change = typeof Change.Type

/**
 * One message for a person. All texts may hold the words of strangers: titles, errors. All times: milliseconds since the epoch.
 *
 * @example
 * Message.make({ ...message, change: "repeated" })
 */
export const Message = Schema.Struct({
  /** The same for each channel and each time that it is sent, and of no other message. */
  id: Schema.NonEmptyString,
  /** Names the subject: messages with one key tell of the same thing. */
  key: Schema.NonEmptyString,
  kind: AlertKind,
  change: Change,
  level: Level,
  /** When it was made. */
  at: Schema.JsonNumber,
  host: Schema.String,
  repository: Schema.String,
  beads: Schema.optional(Schema.String),
  /** What it is, in one line, without its time: `no provider works`. */
  what: Schema.String,
  /** When it began. */
  since: Schema.optional(Schema.JsonNumber),
  /** What follows from it, in one line. */
  follows: Schema.optional(Schema.String),
  /** More lines: those of a digest. */
  lines: Schema.Array(Schema.String),
  /** To paste into a shell, the best first. */
  commands: Schema.Array(Schema.String)
})
export type Message = typeof Message.Type

/**
 * How messages can be sent. A host has at most one channel of each name.
 *
 * @example
 * Schema.is(ChannelName)("slack") // true
 */
export const ChannelName = Schema.Literal("slack", "webhook", "mail", "command")
export type ChannelName = typeof ChannelName.Type

/** A message on its way. */
export interface Outgoing {
  readonly message: Message
  /** An earlier try may have arrived: its sender got no answer, or was ended before it wrote the answer down. */
  readonly mayBeRepeat: boolean
}
