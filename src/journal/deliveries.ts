import { Duration, Option, Schema } from "effect"
import { oneLine } from "../domain/Text.ts"
import { GIVE_UP_AFTER, NotSentReason, SEND_LEASE, type NotSent, type Taken } from "./Outbox.ts"

/** How far a message is on its way through one channel. All times: milliseconds since the epoch. */
export const Delivery = Schema.Struct({
  state: Schema.Literal("waiting", "sending", "sent", "given_up"),
  /** How often it was taken. */
  tries: Schema.Int,
  /** `waiting`: when it may be taken. `sending`: when its lease is over. */
  next: Schema.JsonNumber,
  /** An earlier try may have arrived. */
  isRepeat: Schema.Boolean,
  /** When the last try failed, and why. */
  failed: Schema.optional(Schema.JsonNumber),
  reason: Schema.optional(NotSentReason),
  detail: Schema.optional(Schema.String)
})
export type Delivery = typeof Delivery.Type

/** The delivery of a message that nobody has tried to send. */
export const queued = (notBefore: number): Delivery => ({
  state: "waiting",
  tries: 0,
  next: Math.ceil(notBefore),
  isRepeat: false
})

const BACKOFF = Duration.toMillis("1 minute")
const LONGEST_BACKOFF = Duration.toMillis("6 hours")
const LONGEST_RETRY_AFTER = Duration.toMillis("1 day")

/** How long a message waits after so many tries, in milliseconds. */
const waitAfter = (tries: number, retryAfter = 0): number =>
  Math.ceil(Math.max(Math.min(BACKOFF * 2 ** (tries - 1), LONGEST_BACKOFF), Math.min(retryAfter, LONGEST_RETRY_AFTER)))

/** Messages from before this time are given up. */
export const oldestSent = (now: number): number => now - Duration.toMillis(GIVE_UP_AFTER)

/** Why messages that are too old are given up. */
export const TOO_OLD = `it was not sent within ${Duration.format(GIVE_UP_AFTER)}`

/** The delivery while a sender has it. */
export const takenAt = (delivery: Delivery, now: number): Delivery => ({
  ...delivery,
  state: "sending",
  tries: delivery.tries + 1,
  next: now + Duration.toMillis(SEND_LEASE)
})

/** The delivery after a try that failed. One that may have arrived is tried once more, and no third time. */
const failedAt = (delivery: Delivery, { detail, reason, retryAfter }: NotSent, now: number): Delivery => {
  const failed = { ...delivery, failed: now, reason, detail: oneLine(detail) }
  if (reason !== "unknown" || !delivery.isRepeat) {
    const isRepeat = delivery.isRepeat || reason === "unknown"
    return { ...failed, state: "waiting", isRepeat, next: now + waitAfter(delivery.tries, retryAfter) }
  }
  return {
    ...failed,
    state: "given_up",
    detail: `it may have arrived, so it is not sent a third time: ${failed.detail}`
  }
}

/** Whether the sender did not say in time how it ended. A lease that ends too far ahead was given before the clock was set back. */
export const isLost = ({ next, state }: Delivery, now: number): boolean =>
  state === "sending" && (next <= now || next > now + Duration.toMillis(SEND_LEASE))

/** The delivery after a sender that did not say how it ended. It has waited for its lease, so it is due. */
export const lostAt = (delivery: Delivery, now: number): Delivery => ({
  ...failedAt(delivery, { reason: "unknown", detail: "its sender ended before it said whether it arrived" }, now),
  next: now
})

/** Whether it may be taken. A next try that is too far ahead was set before the clock was set back. */
const isDue = ({ next, state, tries }: Delivery, now: number): boolean =>
  state === "waiting" && (next <= now || (tries > 0 && next > now + LONGEST_RETRY_AFTER))

/** Whether the later messages wait until it is sent. If it was refused, then it may be the message that is wrong. */
export const holdsBack = ({ reason, state, tries }: Delivery): boolean =>
  state === "sending" || (state === "waiting" && tries > 0 && reason !== "refused")

/** Of the undelivered messages of a channel, in their order, the one to send now. */
export const nextToSend = <D extends Delivery>(undelivered: ReadonlyArray<D>, now: number): Option.Option<D> => {
  const first = undelivered.find((delivery) => isDue(delivery, now) || holdsBack(delivery))
  return first !== undefined && isDue(first, now) ? Option.some(first) : Option.none()
}

/** Whether no other sender has taken it after this one. */
const isLastTry = ({ tries }: Delivery, taken: Pick<Taken, "tries">): boolean => tries === taken.tries + 1

/** The delivery after its sender said that it arrived. Late is not too late: then it need not be sent again. */
export const afterSent = (delivery: Delivery, taken: Pick<Taken, "tries">): Delivery =>
  isLastTry(delivery, taken) ? { ...delivery, state: "sent" } : delivery

/** The delivery after its sender said that it was not sent. */
export const afterNotSent = (delivery: Delivery, taken: Pick<Taken, "tries">, why: NotSent, now: number): Delivery =>
  isLastTry(delivery, taken) && delivery.state === "sending" ? failedAt(delivery, why, now) : delivery
