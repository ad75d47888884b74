import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { oneLine, visible, visibleLine, wellFormed } from "../../src/domain/Text.ts"
import { codePoint } from "../codePoint.ts"

describe("oneLine", () => {
  it("any text becomes one line of at most the given length", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: codePoint, maxLength: 2000 }),
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

describe("a text that has nothing to rewrite", () => {
  it("stays the same, and every other text is rewritten", () => {
    const rewritten = (text: string) =>
      text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+/g, " ").trim()
    const piece = FastCheck.oneof(
      FastCheck.constantFrom(" ", "  ", "\t", "\n", "\u00a0", "\u0085", "\u200e", "\u2029", "\ufeff", "a", "👋"),
      FastCheck.string({ unit: codePoint, maxLength: 1 })
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(piece, { maxLength: 12 }), (pieces) =>
        assert.strictEqual(oneLine(pieces.join("")), rewritten(pieces.join("")))
      ),
      { numRuns: 2000 }
    )
  })
})

describe("half a surrogate pair", () => {
  it("becomes U+FFFD, and whole characters stay", () => {
    assert.strictEqual(wellFormed("\ud83d👋\udc4bü\ufeff"), "\ufffd👋\ufffdü\ufeff")
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: codePoint }), (text) =>
        assert.strictEqual(wellFormed(text), Buffer.from(text, "utf8").toString("utf8"))
      )
    )
  })
})

describe("control characters", () => {
  it("are visible as less shows them, and so are marks that reorder or hide text; tabs stay", () => {
    assert.strictEqual(
      visible("a\u001b[8mb\u007f\u009b\u202e\u200b\ufeff\tc"),
      "a^[[8mb^?<U+009B><U+202E><U+200B><U+FEFF>\tc"
    )
    assert.strictEqual(visible("日本語 👩‍👩‍👧 ü"), "日本語 👩‍👩‍👧 ü")
  })

  it("that colour a log are left out, and no other", () => {
    assert.strictEqual(visibleLine("\u001b[31mred\u001b[0m \u001b]0;title\u0007"), "red ^[]0;title^G")
  })
})
