import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck, Schema } from "effect"
import { defaultSettings } from "../../src/domain/defaultSettings.ts"
import { MAX_PARALLEL, Settings } from "../../src/domain/Settings.ts"
import { Span, spanAdvice, spanLike } from "../../src/domain/Span.ts"
import { cpuTime } from "../cpuTime.ts"

describe("Span", () => {
  const decode = Schema.decodeUnknownEither(Span)

  it("decodes a number with a unit, and rejects one without", () => {
    assert.strictEqual(Duration.toMillis(Schema.decodeUnknownSync(Span)("50 min")), 3_000_000)
    assert.strictEqual(Duration.toMillis(Schema.decodeUnknownSync(Span)("1.5s")), 1500)
    for (const text of ["30", "30 fortnights", "-1 s", "", 30])
      assert.strictEqual(decode(text)._tag, "Left", String(text))
  })

  it("reads a time in every way that people write one", () => {
    const minutes = (text: string) => Duration.toMinutes(Schema.decodeUnknownSync(Span)(text))
    for (const text of ["90s", "1.5 min", "1m30s", "90 seconds", "1 minute 30 secs", "PT1M30S", " 90 sec ", "90000ms"])
      assert.strictEqual(minutes(text), 1.5, text)
    for (const text of ["1.5h", "1h30m", "90 min", "90m", "1 hour 30 minutes", "1hr 30mins", "PT90M", "PT1.5H"])
      assert.strictEqual(minutes(text), 90, text)
    for (const text of ["2 days", "2d", "48 h", "48hrs", "1 day 24 hours", "P2D", "P1DT24H"])
      assert.strictEqual(minutes(text), 2880, text)
    for (const text of ["2 weeks", "2w", "P2W", "1w 7d"]) assert.strictEqual(minutes(text), 20_160, text)
  })

  it("says how to write a time that it does not read", () => {
    const says = (given: unknown) => spanAdvice(given)
    assert.strictEqual(says(30), 'a unit is missing: write "30 s" for seconds or "30 min" for minutes')
    assert.strictEqual(says(" 1.5 "), 'a unit is missing: write "1.5 s" for seconds or "1.5 min" for minutes')
    assert.strictEqual(says("24H"), 'write "24h"')
    assert.strictEqual(says("pt5m"), 'write "PT5M"')
    assert.strictEqual(says("1,5 h"), 'write "1.5 h"')
    for (const text of ["1 month", "P1M", "2 years", "P1Y2D"])
      assert.strictEqual(says(text), "months and years differ in length: count days, like 30 d", text)
    for (const text of ["", "P", "PT", "P1DT", "1h30", "30m1h", "1h 1h", "1:30", "-5 min", "5 fortnights", null, {}]) {
      assert.strictEqual(decode(text)._tag, "Left", String(text))
      assert.isUndefined(says(text), String(text))
    }
  })

  it("writes another time in the unit of a text, rounded up", () => {
    assert.strictEqual(spanLike("5 min", Duration.seconds(303)), "6 min")
    assert.strictEqual(spanLike("PT1H30M", Duration.seconds(303)), "6 min")
    assert.strictEqual(spanLike("90s", Duration.seconds(303)), "303 s")
  })

  it("takes linear time, and refuses what no number can hold", () => {
    const texts = [" ", "1", "1 ", "1d ", "1.", "P", "T1"].flatMap((part) => [
      part.repeat(300_000),
      `${part.repeat(300_000)}x`
    ])
    for (const text of texts) {
      const began = cpuTime()
      assert.strictEqual(decode(text)._tag, "Left")
      assert.isBelow(cpuTime() - began, 1000, JSON.stringify(text.slice(-4)))
    }
    assert.strictEqual(decode(`${"9".repeat(30)} d`)._tag, "Left")
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
        defaultSettings.limits.maxParallel ?? MAX_PARALLEL,
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
