import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { Heartbeat } from "../../src/alerts/Heartbeat.ts"
import { layer, signalAddress, uuidOf } from "../../src/alerts/http/HttpHeartbeat.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { Redact, redactor } from "../../src/domain/Redaction.ts"
import { RUN, withLog } from "../dispatch/support.ts"
import { serverThat, status, type Answer } from "./server.ts"

const RID = `rid=${uuidOf(RUN)}`
const PATH = "/ping/SECRET-TOKEN-1234567890"

/** One run's signals to a server: what it got, the log, and how long `ended` took. */
const signalsTo = (answer: Answer, exit: number | "interrupted" = 0, text = "RUN_SUMMARY run=1") =>
  Effect.gen(function* () {
    const { address, got } = yield* serverThat(answer)
    const { lines, result } = yield* withLog(
      Effect.gen(function* () {
        const heartbeat = yield* Heartbeat
        yield* heartbeat.begun(RUN)
        const [took] = yield* Effect.timed(heartbeat.ended(RUN, exit, text))
        return Duration.toMillis(took)
      }).pipe(Effect.provide(layer(address).pipe(Layer.provide(FetchHttpClient.layer))))
    )
    return { got, lines, took: result, urls: got.map(({ url }) => url) }
  })

describe("the heartbeat", () => {
  it.scopedLive("signals the beginning, then the end with the summary", () =>
    Effect.gen(function* () {
      const { got, lines, urls } = yield* signalsTo(status(200, "OK"))
      assert.deepStrictEqual(urls, [`${PATH}/start?${RID}`, `${PATH}?${RID}`])
      assert.strictEqual(got[1]?.body, "RUN_SUMMARY run=1")
      assert.deepStrictEqual(lines, [])
    })
  )

  for (const [exit, signal] of [
    [3, "3"],
    [70, "70"],
    ["interrupted", "fail"]
  ] as const) {
    it.scopedLive(`signals a failure: ${exit}`, () =>
      Effect.map(signalsTo(status(200), exit), ({ urls }) =>
        assert.strictEqual(urls.at(-1), `${PATH}/${signal}?${RID}`)
      )
    )
  }

  it.scopedLive("tries a signal again that got no good answer, and says nothing if it is taken then", () =>
    Effect.gen(function* () {
      const { lines, urls } = yield* signalsTo(
        (response, index) => void response.writeHead(index < 2 ? 503 : 200).end()
      )
      assert.deepStrictEqual(
        urls.slice(0, 3),
        Array.from({ length: 3 }, () => `${PATH}/start?${RID}`)
      )
      assert.strictEqual(urls.at(-1), `${PATH}?${RID}`)
      assert.deepStrictEqual(lines, [])
    })
  )

  it.scopedLive("does not try again what is refused; warns without the address", () =>
    Effect.gen(function* () {
      const { lines, urls } = yield* signalsTo(status(404, "not found"))
      assert.strictEqual(urls.length, 2)
      assert.match(
        lines[0] ?? "",
        /^WARN the heartbeat could not be sent, .*: the server answers 404, the address is wrong, or was withdrawn: not found$/
      )
      assert.notInclude(lines.join(), "SECRET")
    })
  )

  it.scopedLive("costs a run at most two seconds if nothing answers", () =>
    Effect.gen(function* () {
      const { lines, took } = yield* signalsTo(() => {})
      assert.isBelow(took, 2600)
      assert.match(lines.at(-1) ?? "", /no answer/)
    })
  )

  it.scopedLive("tells no secret in its text", () =>
    Effect.map(
      signalsTo(status(200), 3, "login correct-horse-battery failed").pipe(
        Effect.provideService(Redact, redactor(["correct-horse-battery"]))
      ),
      ({ got }) => assert.strictEqual(got.at(-1)?.body, "login [redacted] failed")
    )
  )

  it("keeps what the address has besides, and a run is always the same UUID", () => {
    const base = new URL("https://hc.example/ping/key/nd?create=1")
    assert.strictEqual(
      String(signalAddress(base, "start", RUN)),
      `https://hc.example/ping/key/nd/start?create=1&${RID}`
    )
    assert.strictEqual(
      String(signalAddress(new URL("https://hc.example/x/"), "3", RUN)),
      `https://hc.example/x/3?${RID}`
    )
    assert.match(uuidOf(RUN), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.notStrictEqual(uuidOf(RunId.make("20261122T030000Z-4f2a92")), uuidOf(RUN))
  })
})
