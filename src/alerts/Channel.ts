import { Context, Duration, type Effect } from "effect"
import type { ChannelName, Outgoing } from "../domain/Message.ts"
import type { SendFailed } from "./SendFailed.ts"

/** The longest that one message may take on its way. */
export const SEND_TIME = Duration.seconds(10)

/** One way to a person. */
export interface Channel {
  readonly name: ChannelName
  /** Whom it reaches, in words that are no secret: `#ops`, `ops@example.org`, `/usr/local/bin/notify`, a server's name. */
  readonly target: string
  /** Sends a message once. Takes at most `SEND_TIME`. */
  readonly send: (outgoing: Outgoing) => Effect.Effect<void, SendFailed>
}

/**
 * The channels that are set. None by default.
 *
 * @example
 * const channels = yield* Channels
 */
export class Channels extends Context.Reference<Channels>()("nightly-dispatch/Channels", {
  defaultValue: (): ReadonlyArray<Channel> => []
}) {}
