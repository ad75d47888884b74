import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck, Schema } from "effect"
import { defaultSettings, Settings } from "../../src/domain/Settings.ts"
import { Span } from "../../src/domain/Span.ts"

describe("Span", () => {
  const decode = Schema.decodeUnknownEither(Span)

  it("decodes a number with a unit, and rejects one without", () => {
    assert.strictEqual(Duration.toMillis(Schema.decodeUnknownSync(Span)("50 min")), 3_000_000)
    assert.strictEqual(Duration.toMillis(Schema.decodeUnknownSync(Span)("1.5s")), 1500)
    for (const text of ["30", "30 fortnights", "-1 s", "", 30])
      assert.strictEqual(decode(text)._tag, "Left", String(text))
  })

  it("decodes what it encodes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 1e9 }), (ms) => {
        const text = Schema.encodeSync(Span)(Duration.millis(ms))
        assert.strictEqual(Duration.toMillis(Schema.decodeSync(Span)(text)), ms)
      })
    )
  })
})

describe("Settings", () => {
  it("bd-XXXX.4.1 the defaults are the spec's, and the provider chain is configurable", () => {
    assert.deepStrictEqual(
      defaultSettings.providers.map(({ name }) => String(name)),
      ["opencode", "cc-glm", "gemini"]
    )
    assert.deepStrictEqual(
      [
        defaultSettings.limits.maxParallel,
        defaultSettings.limits.maxDispatches,
        defaultSettings.limits.overloadThreshold
      ],
      [2, 3, 10]
    )
    const configured = Schema.decodeUnknownSync(Settings)({
      providers: [{ name: "gemini" }, { name: "my-agent", model: "m" }]
    })
    assert.deepStrictEqual(
      configured.providers.map(({ name }) => String(name)),
      ["gemini", "my-agent"]
    )
  })

  it("bd-XXXX.1.3 by default an acknowledgement may take 30 seconds, and a preflight 60", () => {
    assert.deepStrictEqual(
      [defaultSettings.timeouts.ack, defaultSettings.timeouts.preflight].map((time) => Duration.toSeconds(time)),
      [30, 60]
    )
  })

  it("rejects an empty provider chain", () => {
    assert.strictEqual(Schema.decodeUnknownEither(Settings)({ providers: [] })._tag, "Left")
  })
})
