import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { table } from "../../../src/report/text/table.ts"
import { cutTo, padTo, widthOf, wrapTo } from "../../../src/report/text/display.ts"

describe("table", () => {
  it("columns stand one below the other, with CJK and emoji in the cells before", () => {
    const rows = [
      ["表が壊れる", "x"],
      ["👩‍👩‍👧 lost", "x"],
      ["plain", "x"]
    ]
    const lines = table(["title", "x"], rows).split("\n")
    assert.deepStrictEqual(lines, ["title       x", "表が壊れる  x", "👩‍👩‍👧 lost     x", "plain       x"])
    assert.strictEqual(new Set(lines.map(widthOf)).size, 1)
  })

  it("a wide cell is cut by its width, not by its number of characters", () => {
    const [, row = ""] = table(["title"], [["壊".repeat(150)]]).split("\n")
    assert.strictEqual(widthOf(row), 199)
    assert.match(row, /^壊{99}…$/)
  })
})

describe("widths", () => {
  it("any text is wrapped into the width, and loses nothing but spaces where it is broken", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.integer({ min: 20, max: 60 }), (words, width) => {
        const text = words.join(" ")
        const lines = wrapTo(width, text)
        for (const line of lines) assert.isAtMost(widthOf(line), width)
        assert.strictEqual(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""))
      })
    )
  })

  it("a short remark in brackets stays on one line, a long one does not", () => {
    assert.deepStrictEqual(wrapTo(20, "it ended 06:00 (1 h 20 min ago) well"), [
      "it ended 06:00",
      "(1 h 20 min ago)",
      "well"
    ])
    assert.deepStrictEqual(wrapTo(20, "(one two three four five six seven)"), [
      "(one two",
      "three four five six",
      "seven)"
    ])
    assert.deepStrictEqual(wrapTo(5, "a (bc def) g"), ["a", "(bc d", "ef) g"])
  })

  it("a text is cut between characters, with an ellipsis inside the width", () => {
    assert.deepStrictEqual(
      [cutTo(5, "日本語"), cutTo(6, "日本語"), cutTo(3, "👩‍👩‍👧👍🏽"), cutTo(4, "ends here"), cutTo(1, "日本")],
      ["日本…", "日本語", "👩‍👩‍👧…", "end…", "…"]
    )
  })

  it("any text is cut and padded to the width, or one column less before a wide character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        assert.isAtMost(widthOf(cutTo(width, text)), width)
        assert.isAtLeast(widthOf(padTo(width, text)), width)
      })
    )
  })
})
