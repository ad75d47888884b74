import type * as HttpClient from "@effect/platform/HttpClient"
import type { Effect } from "effect"
import { createHmac } from "node:crypto"
import { wellFormed } from "../../domain/Text.ts"
import { SEND_TIME, type Channel } from "../Channel.ts"
import { post } from "../http/importedPost.ts"
import { makeChannel } from "./makeChannel.ts"
import { secretsOf } from "./secretsOf.ts"
import { webhookBody } from "./WebhookMessage.ts"

/**
 * What proves that a body is ours, and when it was sent. `seconds` since the epoch.
 *
 * @example
 * WebhookChannel.signatureOf(json, "secret", 1795766400) // "t=1795766400,v1=5d41…"
 */
export const signatureOf = (body: string, secret: string, seconds: number): string =>
  `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`

/** The id as a header may hold it. */
const keyOf = (id: string): string => wellFormed(id).replace(/[^\x20-\x7e]+/g, encodeURIComponent)

/**
 * An address that gets each message as JSON: see `WebhookMessage`.
 *
 * @example
 * WebhookChannel.make(new URL(address), secret)
 */
export const make = (address: URL, secret: string | undefined): Effect.Effect<Channel, never, HttpClient.HttpClient> =>
  makeChannel({
    name: "webhook",
    target: address.host,
    secrets: [...secretsOf(address), ...(secret === undefined ? [] : [secret])],
    deliver: (outgoing, now) => {
      const body = webhookBody(outgoing, { now })
      const headers = {
        "idempotency-key": keyOf(outgoing.message.id),
        ...(secret === undefined
          ? {}
          : { "x-nightly-dispatch-signature": signatureOf(body, secret, Math.floor(now / 1000)) })
      }
      return post({ address, body, headers, type: "application/json", limit: SEND_TIME })
    }
  })
