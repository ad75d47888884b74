import { Schema } from "effect"

/**
 * A message that was not taken.
 *
 * @example
 * new SendFailed({ reason: "busy", retryAfter: 60_000, detail: "too many messages" })
 */
export class SendFailed extends Schema.TaggedError<SendFailed>()("SendFailed", {
  /**
   * `refused`: sending it again gives the same answer. `busy`: the receiver takes it later. `unreachable`: no receiver answered.
   * `unknown`: no answer came.
   */
  reason: Schema.Literal("refused", "busy", "unreachable", "unknown"),
  /** When it is wanted again, at the earliest. Milliseconds from now. */
  retryAfter: Schema.optional(Schema.JsonNumber),
  /** In words, without the address: it is a secret. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }

  /** Whether the message may have arrived all the same. */
  get mayHaveArrived(): boolean {
    return this.reason === "unknown"
  }
}
