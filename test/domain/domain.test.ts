import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, FastCheck, Schema } from "effect"
import { LogEvent, outcomeEvent } from "../../src/domain/Event.ts"
import { Blame, DispatchFailureCode, movesOn, stopsRun } from "../../src/domain/Blame.ts"
import { codeOf, DispatchError } from "../../src/domain/Failure.ts"
import { Actor, actorOf } from "../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Failed, Outcome } from "../../src/domain/Outcome.ts"
import { defaultSettings, Settings } from "../../src/domain/Settings.ts"
import { Span } from "../../src/domain/Span.ts"
import { oneLine } from "../../src/domain/Text.ts"

const isId = Schema.is(BeadsId)

describe("BeadsId", () => {
  it("takes every shape of id that Beads makes", () => {
    for (const id of ["bd-a1b2", "bd-5dlz.1.2", "prime-radiant-ai-7f3", "bd-mol-xxx", "Foo_Bar-9", "a.b-c"]) {
      assert.isTrue(isId(id), id)
    }
  })

  it("takes nothing that could be a flag, a path, a second line or a second word", () => {
    for (const id of [
      "",
      "bd",
      "-rf-x",
      "--help-me",
      "../bd-1",
      "bd-1/../..",
      "bd-1\n",
      "bd-1\nbd-2",
      "bd 1-2",
      ".bd-1",
      "bd-",
      "-",
      "bd-1;ls",
      "bd-$x",
      "bd-ü",
      "bd-1\u0000",
      `bd-${"a".repeat(200)}`
    ]) {
      assert.isFalse(isId(id), JSON.stringify(id))
    }
  })
})

describe("actorOf", () => {
  it("is unique to host, run and attempt, and safe whatever the host calls itself", () => {
    const run = RunId.make("20261122T030000Z-4f2a91")
    assert.strictEqual(actorOf({ host: "vm-1", run, attempt: 2 }), "nightly-dispatch/vm-1/20261122T030000Z-4f2a91/2")
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (host) =>
        Schema.is(Actor)(actorOf({ host, run, attempt: 1 }))
      )
    )
  })
})

const anyError = Arbitrary.make(DispatchError)

describe("failures", () => {
  it("bd-XXXX.3.3 the codes are exactly the six that monitoring knows", () => {
    assert.deepStrictEqual(
      [...DispatchFailureCode.literals],
      ["claim_failed", "preflight_failed", "provider_unavailable", "runner_error", "timeout", "unknown"]
    )
  })

  it("bd-XXXX.3.3 every error has a code and a blame, and keeps both through JSON", () => {
    const codec = Schema.parseJson(DispatchError)
    FastCheck.assert(
      FastCheck.property(anyError, (error) => {
        const back = Schema.decodeSync(codec)(Schema.encodeSync(codec)(error))
        assert.strictEqual(back._tag, error._tag)
        assert.isTrue(Schema.is(DispatchFailureCode)(codeOf(back)))
        assert.isTrue(Schema.is(Blame)(back.blame))
        assert.strictEqual(codeOf(back), codeOf(error))
        assert.isString(back.message)
        assert.isFalse(movesOn(back) && stopsRun(back))
      })
    )
  })
})

describe("LogEvent", () => {
  it("bd-XXXX.3.3 is one line with its keys in order, whatever an error says", () => {
    const line =
      /^❌ DISPATCH_FAILURE beads=\S+ provider=(?:\S+) code=[a-z_]+ error=(?:"(?:[^"\\\n]|\\.)*"|[^\s"=]+) duration_ms=-?\d+$/u
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (error) => {
        const failed = new Failed({
          beads: BeadsId.make("bd-1"),
          code: "timeout",
          blame: "runner",
          error,
          durationMs: 12,
          passedOver: []
        })
        assert.match(outcomeEvent(failed).toString(), line)
      })
    )
  })

  it("quotes what holds a space, and nothing that needs none", () => {
    assert.strictEqual(
      new LogEvent("⚠️", "PROVIDER_FALLBACK", [
        ["from", "opencode"],
        ["to", "cc-glm"],
        ["reason", 'a "b"\n c']
      ]).toString(),
      '⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="a \\"b\\" c"'
    )
  })
})

describe("outcomes", () => {
  it("survive JSON", () => {
    const codec = Schema.parseJson(Outcome)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Outcome), (outcome) => {
        assert.strictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(outcome))._tag, outcome._tag)
      })
    )
  })
})

describe("oneLine", () => {
  it("leaves one line of at most the length, for any text", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "binary", maxLength: 2000 }),
        FastCheck.integer({ min: 1, max: 400 }),
        (text, max) => {
          const line = oneLine(text, max)
          assert.isAtMost(Array.from(line).length, max)
          assert.notMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
        }
      )
    )
  })
})

describe("Span", () => {
  const decode = Schema.decodeUnknownEither(Span)

  it("reads what people write, and insists on a unit", () => {
    assert.strictEqual(Duration.toMillis(Schema.decodeUnknownSync(Span)("50 min")), 3_000_000)
    assert.strictEqual(Duration.toMillis(Schema.decodeUnknownSync(Span)("1.5s")), 1500)
    for (const wrong of ["30", "30 fortnights", "-1 s", "", 30])
      assert.strictEqual(decode(wrong)._tag, "Left", String(wrong))
  })

  it("writes what it reads", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 1e9 }), (ms) => {
        const text = Schema.encodeSync(Span)(Duration.millis(ms))
        assert.strictEqual(Duration.toMillis(Schema.decodeSync(Span)(text)), ms)
      })
    )
  })
})

describe("Settings", () => {
  it("bd-XXXX.4.1 defaults are the spec's, and the chain is configurable", () => {
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
    const own = Schema.decodeUnknownSync(Settings)({
      providers: [{ name: "gemini" }, { name: "my-agent", model: "m" }]
    })
    assert.deepStrictEqual(
      own.providers.map(({ name }) => String(name)),
      ["gemini", "my-agent"]
    )
  })

  it("bd-XXXX.1.3 the acknowledgement has the spec's 30 seconds, and start the preflight's time besides", () => {
    assert.deepStrictEqual(
      [defaultSettings.timeouts.ack, defaultSettings.timeouts.preflight].map((time) => Duration.toSeconds(time)),
      [30, 60]
    )
  })

  it("refuses an empty chain", () => {
    assert.strictEqual(Schema.decodeUnknownEither(Settings)({ providers: [] })._tag, "Left")
  })
})
