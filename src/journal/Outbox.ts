import { Context, Duration, type Effect, type Option } from "effect"
import type { OpenCondition } from "../domain/Condition.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { ChannelName, Message, Outgoing } from "../domain/Message.ts"

/** How long a sender has a message for itself. Longer than any send takes. */
export const SEND_LEASE = Duration.minutes(2)

/** A message that no channel took for so long is given up. */
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
  /** How often it was tried before. */
  readonly tries: number
}

/** Why a message was not sent; see `SendFailed`. */
export interface NotSent {
  readonly reason: "refused" | "busy" | "unreachable" | "unknown"
  /** Milliseconds from now. */
  readonly retryAfter?: number | undefined
  readonly detail: string
}

/** What waits for a channel. */
export interface Waiting {
  readonly channel: ChannelName
  readonly messages: number
  /** When the oldest was made, and when it is tried next. Milliseconds since the epoch. */
  readonly oldest: number
  readonly next: number
  /** Why the last try failed; `undefined` if there was none. */
  readonly detail: string | undefined
}

/**
 * The messages that wait to be sent, and the conditions that they tell of. In the journal, so that each is told once, across runs
 * and processes. Each method is one transaction. Secrets that `Redact` knows are removed before a record is written.
 *
 * The layers: `SqliteOutbox.layer`, and `FakeOutbox.layer` of the test kit.
 *
 * @example
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
     */
    readonly compare: (
      channels: ReadonlyArray<ChannelName>,
      decide: (open: ReadonlyArray<OpenCondition>) => Compared
    ) => Effect.Effect<ReadonlyArray<Message>, JournalFailed>
    /**
     * Takes the next message for a channel: for `SEND_LEASE` no other process gets it. The oldest that is due comes first. One that
     * waits for its next try holds back the later ones, unless it was refused: then it may be the message that is wrong, and not
     * the channel. A message whose sender did not say how it ended is taken once more, as `mayBeRepeat`; after that it is given
     * up. Messages older than `GIVE_UP_AFTER` are given up. With more than `MOST_WAITING` waiting, all but the `NEWEST_KEPT` newest
     * become one message, which counts them by kind.
     */
    readonly take: (channel: ChannelName) => Effect.Effect<Option.Option<Taken>, JournalFailed>
    /** It has arrived. */
    readonly sent: (taken: Taken) => Effect.Effect<void, JournalFailed>
    /**
     * It was not sent, or nobody knows (`unknown`): then it is tried once more, as `mayBeRepeat`. It is tried again after one minute,
     * then two, four and so on up to six hours, or after `retryAfter` if that is longer.
     */
    readonly notSent: (taken: Taken, why: NotSent) => Effect.Effect<void, JournalFailed>
    /** What waits, of each channel that has something. */
    readonly waiting: Effect.Effect<ReadonlyArray<Waiting>, JournalFailed>
  }
>() {}
