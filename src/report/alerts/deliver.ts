import { Cause, Duration, Effect, Either, Exit, Option } from "effect"
import { Channels, type Channel } from "../../alerts/Channel.ts"
import { SendFailed } from "../../alerts/SendFailed.ts"
import { bootMillis } from "../../domain/BootClock.ts"
import { Outbox, type Taken } from "../../journal/Outbox.ts"

/** What came of one channel's messages. */
export interface Delivered {
  readonly channel: Channel
  readonly sent: number
  /** Why the last message that failed did. */
  readonly failed: string | undefined
}

/** Less time than this is not enough to send anything. Milliseconds. */
const SHORTEST = 100

/** Sends a message, and writes down what came of it, whatever happens. */
const send = Effect.fn("alerts.send")(function* (channel: Channel, taken: Taken, millis: number) {
  const outbox = yield* Outbox
  const late = () => new SendFailed({ reason: "unknown", detail: "no answer while there was time" })
  const sending = Effect.timeoutFail(channel.send(taken), { duration: millis, onTimeout: late })
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.exit(restore(sending)).pipe(
      Effect.tap(
        Exit.match({
          onSuccess: () => outbox.sent(taken),
          onFailure: (cause) =>
            outbox.notSent(
              taken,
              Option.getOrElse(
                Cause.failureOption(cause),
                () => new SendFailed({ reason: "unknown", detail: "it was broken off" })
              )
            )
        })
      ),
      Effect.flatten,
      Effect.either
    )
  )
})

/** Sends what waits for a channel, one after another, until nothing is left, the channel does not take it, or `until` is there. */
const deliverTo = Effect.fn("alerts.deliverTo")(function* (channel: Channel, until: number) {
  const outbox = yield* Outbox
  let [sent, failed] = [0, undefined as string | undefined]
  for (;;) {
    const left = until - (yield* bootMillis)
    if (left < SHORTEST) break
    const taken = yield* outbox.take(channel.name)
    if (Option.isNone(taken)) break
    const result = yield* send(channel, taken.value, left)
    if (Either.isRight(result)) sent++
    else {
      failed = result.left.message
      if (result.left.reason !== "refused") break
    }
  }
  if (failed !== undefined) {
    yield* Effect.logWarning(
      `alerts: ${channel.name} (${channel.target}) did not take a message, which is tried again later: ${failed}`
    )
  }
  return { channel, sent, failed } satisfies Delivered
})

/**
 * Sends the messages that wait, on each channel at the same time, for at most `time`. What a channel does not take stays in the
 * outbox.
 *
 * @example
 * yield* deliver("2 seconds")
 */
export const deliver = Effect.fn("alerts.deliver")(function* (time: Duration.DurationInput) {
  const channels = yield* Channels
  const until = (yield* bootMillis) + Duration.toMillis(time)
  return yield* Effect.forEach(channels, (channel) => deliverTo(channel, until), { concurrency: "unbounded" })
})
