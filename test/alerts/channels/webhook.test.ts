import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Schema, Tracer } from "effect"
import { webcrypto } from "node:crypto"
import type { Channel } from "../../../src/alerts/Channel.ts"
import * as slack from "../../../src/alerts/channels/slack.ts"
import * as webhook from "../../../src/alerts/channels/webhook.ts"
import { webhookBody, WebhookMessage } from "../../../src/alerts/channels/WebhookMessage.ts"
import { Redact, redactor } from "../../../src/domain/Redaction.ts"
import { withLog } from "../../dispatch/support.ts"
import { serverThat, status, type Answer } from "../server.ts"
import { hostile, message, outgoing, READING } from "./messages.ts"

const PASSWORD = "pässword-7531"
const SECRET = "signing-secret-9876"

/** The address with a name and a password. */
const withLogin = (address: URL): URL => {
  const result = new URL(address)
  result.username = "ops@example.org"
  result.password = PASSWORD
  return result
}

const channels: Readonly<Record<string, (address: URL) => Effect.Effect<Channel>>> = {
  slack: (address) => slack.make(address).pipe(Effect.provide(FetchHttpClient.layer)),
  webhook: (address) => webhook.make(address, SECRET).pipe(Effect.provide(FetchHttpClient.layer))
}

/** Keeps each span, as a collector gets it. */
const keeping = (spans: Array<Tracer.Span>, tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    context: tracer.context,
    span: (...args) => {
      const span = tracer.span(...args)
      spans.push(span)
      return span
    }
  })

const parts = (header: unknown) => /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(header))?.slice(1) ?? []

/** HMAC-SHA256 by another implementation than ours. */
const hmac = async (secret: string, text: string): Promise<string> => {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const key = await webcrypto.subtle.importKey("raw", Buffer.from(secret), algorithm, false, ["sign"])
  return Buffer.from(await webcrypto.subtle.sign("HMAC", key, Buffer.from(text))).toString("hex")
}

/** Repeats all that it got, as a server does that shows its errors. */
const parrot: Answer = (response, _index, request) =>
  void response.writeHead(404).end(`Cannot POST ${request.url}: ${request.headers.authorization}`)

const answers: Readonly<Record<string, readonly [Answer, string]>> = {
  "200 that is not ok": [status(200, "invalid"), "taken"],
  "301": [status(301, "", { location: "http://127.0.0.1:1/" }), "refused"],
  "401": [status(401), "refused"],
  "404 that repeats the address": [parrot, "refused"],
  "429": [status(429, "", { "retry-after": "30" }), "busy 30000"],
  "500": [status(500), "busy"],
  "a reset": [(_response, _index, request) => void request.socket.resetAndDestroy(), "unknown"],
  "a hang after the headers": [(response) => void response.writeHead(200).write("o"), "taken"],
  "an answer after a second": [(response) => void setTimeout(() => response.writeHead(200).end("ok"), 1000), "taken"]
}

for (const [name, make] of Object.entries(channels)) {
  describe(`the channel ${name}`, () => {
    for (const [answer, [handler, expected]] of Object.entries(answers)) {
      it.scopedLive(`sends once, says what came of it, and never names the address: ${answer}`, () =>
        Effect.gen(function* () {
          const { address, got } = yield* serverThat(handler)
          const channel = yield* make(withLogin(address))
          assert.strictEqual(channel.target, address.host)
          const spans: Array<Tracer.Span> = []
          const { lines, result } = yield* withLog(
            Effect.either(Effect.tapError(channel.send(outgoing), (error) => Effect.logWarning(error.message, error)))
          ).pipe(Effect.withTracer(keeping(spans, yield* Effect.tracer)))
          const said =
            result._tag === "Right" ? "taken" : `${result.left.reason} ${result.left.retryAfter ?? ""}`.trim()
          assert.strictEqual(said, expected)
          assert.strictEqual(got.length, 1)
          const login = Buffer.from(`ops@example.org:${PASSWORD}`).toString("base64")
          assert.strictEqual(got[0]?.headers.authorization, `Basic ${login}`)
          const traces = spans.map(({ attributes, name }) => [name, Object.fromEntries(attributes)])
          const sinks = [channel, result, lines, traces, result._tag === "Left" ? String(result.left) : ""]
          const text = JSON.stringify(sinks)
          assert.include(text, '["alerts.post"')
          for (const secret of [
            "SECRET-TOKEN",
            "/ping/",
            PASSWORD,
            encodeURIComponent(PASSWORD),
            "ops@example",
            login,
            SECRET
          ])
            assert.notInclude(text, secret)
        })
      )
    }

    it.scopedLive("tells a server that is not there from one that may have taken it", () =>
      Effect.gen(function* () {
        const { address } = yield* Effect.scoped(serverThat(status(200)))
        const failure = yield* Effect.flip(Effect.flatMap(make(address), ({ send }) => send(outgoing)))
        assert.strictEqual(failure.reason, "unreachable")
      })
    )

    it.scopedLive("tells no secret, not even the beginning of one that is cut", () =>
      Effect.gen(function* () {
        const { address, got } = yield* serverThat(status(200, "ok"))
        const channel = yield* make(address)
        const what = `${"x".repeat(490)} correct-horse-battery-staple`
        yield* channel.send({
          message: { ...message, what, lines: ["login correct-horse-battery-staple"] },
          mayBeRepeat: false
        })
        assert.notInclude(got[0]?.body, "correct-h")
        assert.include(got[0]?.body, "login [redacted]")
      }).pipe(Effect.provideService(Redact, redactor(["correct-horse-battery-staple"])))
    )
  })
}

describe("what the webhook gets", () => {
  it.scopedLive("is JSON of its schema, with an idempotency key and a signature", () =>
    Effect.gen(function* () {
      const { address, got } = yield* serverThat(status(204))
      yield* Effect.flatMap(channels["webhook"]!(address), ({ send }) =>
        send({ message: { ...message, id: "é 1" }, mayBeRepeat: true })
      )
      const { body, headers } = got[0]!
      assert.strictEqual(headers["content-type"], "application/json")
      assert.strictEqual(headers["idempotency-key"], "%C3%A9 1")
      const [seconds = "", signature] = parts(headers["x-nightly-dispatch-signature"])
      assert.strictEqual(signature, yield* Effect.promise(() => hmac(SECRET, `${seconds}.${body}`)))
      assert.closeTo(Number(seconds), Date.now() / 1000, 20)
      const read = yield* Schema.decodeUnknown(Schema.parseJson(WebhookMessage), { onExcessProperty: "error" })(body)
      assert.deepInclude(read, { version: 1, id: "é 1", kind: "no_provider", what: message.what, mayBeRepeat: true })
      assert.match(read.text, /^🔴 vm-1\/shop: no provider works \(since .*\n.*\n→ nightly-dispatch preflight\n/)
    })
  )

  it.scopedLive("has no signature without a secret", () =>
    Effect.gen(function* () {
      const { address, got } = yield* serverThat(status(204))
      const channel = yield* webhook.make(address, undefined).pipe(Effect.provide(FetchHttpClient.layer))
      yield* channel.send(outgoing)
      assert.notProperty(got[0]?.headers, "x-nightly-dispatch-signature")
    })
  )

  it("is on one line that any reader of JSON takes, whatever the message holds", () => {
    fc.assert(
      fc.property(hostile, (outgoing) => {
        const body = webhookBody(outgoing, READING)
        assert.notInclude(body, "\n")
        const { id, key, ...texts } = Schema.decodeUnknownSync(Schema.parseJson(WebhookMessage))(body)
        assert.deepStrictEqual([id, key], [outgoing.message.id, outgoing.message.key])
        assert.notMatch(JSON.stringify(texts), /\\ud[89a-f]/)
        for (const text of [texts.what, texts.follows ?? "", ...texts.lines])
          assert.notMatch(text, /[\u0000-\u001f]|.{501}/su)
      }),
      { numRuns: 200 }
    )
  })
})
