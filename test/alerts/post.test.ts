import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either } from "effect"
import { post } from "../../src/alerts/http/post.ts"
import { Redact, redactor } from "../../src/domain/Redaction.ts"
import type { SendFailed } from "../../src/alerts/SendFailed.ts"
import { serverThat, status, type Answer } from "./server.ts"

const send = (address: URL, limit: Duration.DurationInput = "2 seconds") =>
  Effect.either(post({ address, body: "hällo 👋", limit })).pipe(Effect.provide(FetchHttpClient.layer))

const inWords = (result: Either.Either<void, SendFailed>): string =>
  Either.match(result, {
    onLeft: ({ message, reason, retryAfter }) =>
      [reason, message, ...(retryAfter === undefined ? [] : [`again after ${retryAfter} ms`])].join(" | "),
    onRight: () => "taken"
  })

const answers: Readonly<Record<string, readonly [Answer, string | RegExp]>> = {
  "200": [status(200, "ok"), "taken"],
  "204": [status(204), "taken"],
  "301": [
    status(301, "", { location: "http://127.0.0.1:1/elsewhere" }),
    "refused | the server answers 301: the address has moved, set the new one"
  ],
  "400": [status(400, "invalid_payload"), "refused | the server answers 400: invalid_payload"],
  "401": [status(401), "refused | the server answers 401, the address needs a login"],
  "404": [
    status(404, "no_service"),
    "refused | the server answers 404, the address is wrong, or was withdrawn: no_service"
  ],
  "429 with seconds": [
    status(429, "rate_limited", { "retry-after": "30" }),
    "busy | the server answers 429: rate_limited | again after 30000 ms"
  ],
  "429 with a date": [
    (response) =>
      void response.writeHead(429, { "retry-after": new Date(Date.now() + 60_000).toUTCString() }).end("slow down"),
    /^busy \| the server answers 429: slow down \| again after (?:5\d|60)\d{3} ms$/
  ],
  "429 with nonsense": [status(429, "", { "retry-after": "soon" }), "busy | the server answers 429"],
  "500 with control characters": [
    status(500, "<h1>\u001b[31mbad\u0000\nthing"),
    /^busy \| the server answers 500: <h1>[^\u001b\u0000\n]*thing$/
  ],
  "an answer that never ends": [
    (response) => {
      response.writeHead(503)
      const timer = setInterval(() => response.write("x".repeat(10_000)), 5)
      response.on("close", () => clearInterval(timer))
    },
    /^busy \| the server answers 503: x{10,199}…?$/
  ],
  "a hang before the headers": [() => {}, "unknown | no answer within 700ms"],
  "a hang after the headers": [
    (response) => void response.writeHead(500).write("wait"),
    /^(?:busy \| the server answers 500|unknown \| no answer within 700ms)/
  ],
  "a success whose body hangs": [(response) => void response.writeHead(200).write("wait"), "taken"],
  "a reset": [
    (_response, _index, request) => void request.socket.resetAndDestroy(),
    /^unknown \| the connection broke \(\w+\)$/
  ]
}

describe("post", () => {
  for (const [name, [answer, words]] of Object.entries(answers)) {
    it.scopedLive(`says what came of it, without the address: ${name}`, () =>
      Effect.gen(function* () {
        const { address, got } = yield* serverThat(answer)
        const [took, result] = yield* Effect.timed(send(address, "700 millis"))
        const said = inWords(result)
        if (typeof words === "string") assert.strictEqual(said, words)
        else assert.match(said, words)
        assert.notInclude(said, "SECRET")
        assert.notInclude(said, "127.0.0.1")
        assert.isBelow(Duration.toMillis(took), 2500)
        assert.deepInclude(got[0], { method: "POST", body: "hällo 👋" })
        assert.strictEqual(got.length, 1)
      })
    )
  }

  it.scopedLive("sends the login of an address as a header", () =>
    Effect.gen(function* () {
      const { address, got } = yield* serverThat(status(200))
      for (const [username, password, sent] of [
        ["me", "pass:wörd%", "me:pass:wörd%"],
        ["", "token", ":token"],
        ["key", "", "key:"]
      ] as const) {
        const withLogin = new URL(address)
        withLogin.username = username
        withLogin.password = encodeURIComponent(password)
        assert.strictEqual(inWords(yield* send(withLogin)), "taken")
        const header = got.at(-1)?.headers.authorization?.replace("Basic ", "") ?? ""
        assert.strictEqual(Buffer.from(header, "base64").toString("utf8"), sent)
        assert.strictEqual(got.at(-1)?.url, address.pathname)
      }
      yield* send(address)
      assert.notProperty(got.at(-1)?.headers, "authorization")
      assert.strictEqual(inWords(yield* send(new URL(String(address).replace("//", "//50%25%zz@")))), "taken")
    })
  )

  it.scopedLive("removes secrets from the words of an answer before it cuts them", () =>
    Effect.gen(function* () {
      const { address } = yield* serverThat(status(404, `${"x".repeat(190)} correct-horse-battery`))
      const result = yield* send(address)
      assert.notInclude(inWords(result), "correct")
    }).pipe(Effect.provideService(Redact, redactor(["correct-horse-battery"])))
  )

  it.scopedLive("tells a server that is not there from one that may have taken it", () =>
    Effect.gen(function* () {
      const { address } = yield* Effect.scoped(serverThat(status(200)))
      const absent = yield* send(address)
      assert.strictEqual(inWords(absent), "unreachable | no server answers there (ECONNREFUSED)")
    })
  )
})
