import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"
import {
  blockIn,
  difference,
  markerName,
  outsideBlocks,
  scheduleName,
  withBlock,
  withoutBlock
} from "../../../src/cli/cron/block.ts"
import { codePoint } from "../../codePoint.ts"

const get = <A>(either: Either.Either<A, string>): A => Either.getOrThrowWith(either, (why) => new Error(why))

/** A line of a crontab, often one that looks like ours. */
const line = fc.oneof(
  fc.constantFrom(
    "",
    "0 1 * * * backup",
    "# >>> nightly-dispatch other >>>",
    "# <<< nightly-dispatch other <<<",
    " # >>> nightly-dispatch shop >>>",
    "# >>> nightly-dispatch shop >>>\r",
    "MAILTO=op"
  ),
  fc.string({ unit: codePoint, maxLength: 20 }).map((text) => text.replaceAll("\n", ""))
)
const crontab = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.boolean())
  .map(([lines, ends]) => lines.join("\n") + (ends && lines.length > 0 ? "\n" : ""))
const inside = fc.array(
  fc.string({ maxLength: 20 }).map((text) => text.replaceAll("\n", "").replace(/^# [<>]{3}.*/, "x")),
  { minLength: 1, maxLength: 3 }
)

describe("our lines of a crontab", () => {
  it("go again without a trace: every other byte is as it was", () => {
    fc.assert(
      fc.property(crontab, inside, inside, (text, first, second) => {
        const installed = get(withBlock(text, "shop", first))
        assert.deepStrictEqual(get(blockIn(installed, "shop")), first)
        assert.strictEqual(get(withoutBlock(installed, "shop")), text)
        const again = get(withBlock(installed, "shop", second))
        assert.strictEqual(again, get(withBlock(text, "shop", second)))
        assert.strictEqual(get(withBlock(again, "shop", second)), again)
      }),
      { numRuns: 1000 }
    )
  })

  it("stand at the end, and those of another repository stay", () => {
    const one = get(withBlock("MAILTO=op\n", "shop", ["0 6 * * * a"]))
    assert.strictEqual(
      one,
      "MAILTO=op\n# >>> nightly-dispatch shop >>>\n0 6 * * * a\n# <<< nightly-dispatch shop <<<\n"
    )
    const two = get(withBlock(one, "api", ["0 7 * * * b"]))
    assert.strictEqual(get(withoutBlock(two, "api")), one)
    assert.strictEqual(outsideBlocks(two), "MAILTO=op\n\n\n\n\n\n\n")
  })

  it("come first where the last line has no end", () => {
    assert.strictEqual(
      get(withBlock("0 1 * * * x", "shop", ["y"])),
      "# >>> nightly-dispatch shop >>>\ny\n# <<< nightly-dispatch shop <<<\n0 1 * * * x"
    )
  })

  it("are not touched when the markers are no pair", () => {
    const [begin, end] = ["# >>> nightly-dispatch shop >>>", "# <<< nightly-dispatch shop <<<"]
    for (const text of [begin, end, `${end}\n${begin}`, `${begin}\n${begin}\n${end}`, `${begin}\n${end}\n${end}`]) {
      for (const result of [withBlock(text, "shop", ["x"]), withoutBlock(text, "shop"), blockIn(text, "shop")]) {
        assert.include(Option.getOrThrow(Either.getLeft<unknown, string>(result)), "are no pair", text)
      }
    }
  })

  it("have a name of one word", () => {
    assert.strictEqual(markerName("my shop\n>>>"), "my-shop-")
    assert.strictEqual(markerName(""), "repository")
  })

  it("differ for two clones with one directory name", () => {
    const [one, other] = ["/src/shop", "/srv/shop"].map((path) => scheduleName({ name: "shop", path }))
    assert.match(one ?? "", /^shop-[0-9a-f]{8}$/)
    assert.notStrictEqual(one, other)
  })

  it("are looked for in linear time", () => {
    const begin = process.hrtime.bigint()
    for (const part of ["# >>> nightly-dispatch a >>>\n", "x\n", "# >>> ", "# >>> nightly-dispatch a >>>\nx\n"]) {
      const text = part.repeat(1_000_000 / part.length)
      outsideBlocks(text)
      withBlock(text, "a", ["x"])
    }
    assert.isBelow(Number(process.hrtime.bigint() - begin) / 1e6, 5000)
  })
})

describe("the difference", () => {
  it("names the lines that go and those that come", () => {
    assert.deepStrictEqual(difference(["a", "b", ""], ["a", "c", "d"]), ["- b", "+ c", "+ d"])
    assert.deepStrictEqual(difference(["a"], ["a"]), [])
  })
})
