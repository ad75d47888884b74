import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, FastCheck, Schema } from "effect"
import { LogEvent, outcomeEvent } from "../../src/domain/Event.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { Failed, Outcome } from "../../src/domain/Outcome.ts"
import { codePoint } from "../codePoint.ts"

describe("LogEvent", () => {
  it("bd-XXXX.3.3 is one line with its keys in order, for any error text", () => {
    const line =
      /^❌ DISPATCH_FAILURE beads=\S+ provider=(?:\S+) code=[a-z_]+ error=(?:"(?:[^"\\\n]|\\.)*"|[^\s"=]+) duration_ms=-?\d+$/u
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: codePoint }), (error) => {
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

  it("quotes a value with a space, and no value that needs no quotes", () => {
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
  it("keep their tag through JSON", () => {
    const codec = Schema.parseJson(Outcome)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Outcome), (outcome) => {
        assert.strictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(outcome))._tag, outcome._tag)
      })
    )
  })
})
