import { Clock, Context, Duration, Effect } from "effect"
import type { ChannelName, Message, Outgoing } from "../../domain/Message.ts"
import { Redact, redactor, type Redactor } from "../../domain/Redaction.ts"
import { oneLine } from "../../domain/Text.ts"
import { SEND_TIME, type Channel } from "../Channel.ts"
import { SendFailed } from "../SendFailed.ts"

/** A channel before what all channels have in common. */
export interface Way<R> {
  readonly name: ChannelName
  readonly target: string
  /** What its failures must not name, besides what `Redact` knows. */
  readonly secrets?: ReadonlyArray<string>
  /** Sends a message that has no secret any more. `now`: milliseconds since the epoch. */
  readonly deliver: (outgoing: Outgoing, now: number) => Effect.Effect<void, SendFailed, R>
}

/** Before anything is cut: the beginning of a secret would not be known as one. */
const withoutSecrets = (redact: Redactor, { beads, follows, ...message }: Message): Message => ({
  ...message,
  host: redact(message.host),
  repository: redact(message.repository),
  ...(beads === undefined ? {} : { beads: redact(beads) }),
  what: redact(message.what),
  ...(follows === undefined ? {} : { follows: redact(follows) }),
  lines: message.lines.map(redact),
  commands: message.commands.map(redact)
})

const tooLate = () =>
  new SendFailed({ reason: "unknown", detail: `it took more than ${Duration.format(SEND_TIME)} to send it` })

/** A channel that tells no secret, neither to the person nor in its failures, and that keeps to `SEND_TIME`. */
export const makeChannel = <R>({ deliver, name, secrets = [], target }: Way<R>): Effect.Effect<Channel, never, R> =>
  Effect.map(Effect.context<R>(), (needed) => {
    const ours = redactor(secrets)
    const send = Effect.fn("alerts.send", { attributes: { channel: name } })(function* (outgoing: Outgoing) {
      const known = yield* Redact
      const redact: Redactor = (text) => ours(known(text))
      const message = withoutSecrets(redact, outgoing.message)
      const now = yield* Clock.currentTimeMillis
      yield* deliver({ ...outgoing, message }, now).pipe(
        Effect.timeoutFail({ duration: SEND_TIME, onTimeout: tooLate }),
        Effect.mapError(
          ({ detail, reason, retryAfter }) => new SendFailed({ reason, retryAfter, detail: oneLine(redact(detail)) })
        ),
        Effect.provideService(Redact, redact),
        Effect.mapInputContext((current: Context.Context<never>) => Context.merge(needed, current))
      )
    })
    return { name, target, send }
  })
