import { Context, Duration, Schema, type Effect, type Option } from "effect"
import type { OpenCondition } from "../domain/Condition.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { ChannelName, Message, Outgoing } from "../domain/Message.ts"

/** How long a sender has a message for itself. Longer than any send takes. */
export const SEND_LEASE = Duration.minutes(2)

/** A message that a channel did not take for so long is given up. */
export const GIVE_UP_AFTER = Duration.days(4)

/** With more messages than this waiting for a channel, the older ones become one. */
export const MOST_WAITING = 60
/** How many of the newest messages stay then. */
export const NEWEST_KEPT = 20

/** A message to send, and when at the earliest. Milliseconds since the epoch. */
export interface Queued {
  readonly message: Message
  readonly notBefore: number
}

/** What a look at the conditions came to. */
export interface Compared {
  /** All conditions that are open from now on. Those that are not in it are over. */
  readonly open: ReadonlyArray<OpenCondition>
  /** In the order in which they are sent. */
  readonly messages: ReadonlyArray<Queued>
}

/** A message that this process alone may send now. */
export interface Taken extends Outgoing {
  readonly channel: ChannelName
  /** How often it was tried before. Tells this sender from one that takes the message after it. */
  readonly tries: number
}

/**
 * Why a message was not sent; see `SendFailed`.
 *
 * @example
 * Schema.is(NotSentReason)("busy") // true
 */
export const NotSentReason = Schema.Literal("refused", "busy", "unreachable", "unknown")
export type NotSentReason = typeof NotSentReason.Type

/** A try that failed. */
export interface NotSent {
  readonly reason: NotSentReason
  /** Milliseconds from now. */
  readonly retryAfter?: number | undefined
  readonly detail: string
}

/** What waits for a channel. */
export interface Waiting {
  readonly channel: ChannelName
  readonly messages: number
  /** When the oldest was made. Milliseconds since the epoch. */
  readonly oldest: number
  /** When the next of them can be taken, or when the lease of the one that is being sent is over. Milliseconds since the epoch. */
  readonly next: number
  /** Why the last try failed; `undefined` if none did. */
  readonly detail: string | undefined
}

/**
 * The messages that wait to be sent, and the conditions that they tell of. In the journal, so that each is told once, across runs
 * and processes. Each method is one transaction. Secrets that `Redact` knows are removed before a record is written.
 *
 * The layers: `SqliteJournal.layer`, `PostgresJournal.layer`, and `FakeOutbox.layer` of the test kit.
 *
 * @example
 * const outbox = yield* Outbox
 * const taken = yield* outbox.take("slack")
 * if (Option.isSome(taken)) yield* outbox.sent(taken.value)
 */
export class Outbox extends Context.Tag("nightly-dispatch/Outbox")<
  Outbox,
  {
    /** The conditions that are open, by key. */
    readonly open: Effect.Effect<ReadonlyArray<OpenCondition>, JournalFailed>
    /**
     * Replaces the open conditions by what `decide` makes of them, and queues its messages for these channels, in one transaction:
     * two processes that look at once do not tell of one thing twice. A message whose id was queued before is not queued again.
     * Returns the messages that were queued, as they were written.
     */
    readonly compare: (
      channels: ReadonlyArray<ChannelName>,
      decide: (open: ReadonlyArray<OpenCondition>) => Compared
    ) => Effect.Effect<ReadonlyArray<Message>, JournalFailed>
    /**
     * Takes the next message for a channel: for `SEND_LEASE` no other process gets it. The oldest that is due comes first. One that
     * is being sent, or that waits for its next try, holds back the later ones, unless it was refused: then it may be the message
     * that is wrong, and not the channel. A message whose sender did not say in time how it ended is taken once more, as
     * `mayBeRepeat`; after that it is given up. Messages older than `GIVE_UP_AFTER` are given up. With more than `MOST_WAITING`
     * waiting, all but the `NEWEST_KEPT` newest become one message, which counts them by kind. The log says what was given up.
     */
    readonly take: (channel: ChannelName) => Effect.Effect<Option.Option<Taken>, JournalFailed>
    /** It has arrived. Changes nothing if another sender has taken it since. */
    readonly sent: (taken: Taken) => Effect.Effect<void, JournalFailed>
    /**
     * The channel did not take it. If nobody knows whether it arrived (`unknown`), `take` gives it once more, as `mayBeRepeat`; a
     * second `unknown` gives it up. It is tried again after one minute, then two, four and so on up to six hours, or after `retryAfter`, at most a day, if that is
     * longer. Changes nothing if another sender has taken it since.
     */
    readonly notSent: (taken: Taken, why: NotSent) => Effect.Effect<void, JournalFailed>
    /** What waits, of each channel that has something, by its name. */
    readonly waiting: Effect.Effect<ReadonlyArray<Waiting>, JournalFailed>
  }
>() {}
