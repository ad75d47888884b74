import { Schema } from "effect"
import { Message, type Outgoing } from "../../domain/Message.ts"
import { shownOf, textOf, type Reading } from "../messageText.ts"

/**
 * What the webhook and the operator's own program get, as JSON. Each text is one line of at most 500 characters, without secrets
 * and without half surrogate pairs; `text` has several lines. Times: milliseconds since the epoch. A later version adds fields
 * and does not change the meaning of these; a new `version` would.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(WebhookMessage))(json) // what the webhook got
 */
export const WebhookMessage = Schema.Struct({
  version: Schema.Literal(1),
  ...Message.fields,
  /** The whole message as plain text. */
  text: Schema.String,
  /** Whether an earlier try of the same message, with the same `id`, may have arrived. */
  mayBeRepeat: Schema.Boolean
})
export type WebhookMessage = typeof WebhookMessage.Type

const encode = Schema.encodeSync(Schema.parseJson(WebhookMessage))

/** A message as it is sent. */
export const webhookMessage = (outgoing: Outgoing, reading: Reading = {}): WebhookMessage => {
  const { mayBeRepeat, message } = outgoing
  return { version: 1, ...shownOf(message), text: textOf(outgoing, reading), mayBeRepeat }
}

/** `webhookMessage` as JSON on one line. */
export const webhookBody = (outgoing: Outgoing, reading: Reading = {}): string =>
  encode(webhookMessage(outgoing, reading))
