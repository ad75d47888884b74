import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { blockIn, withBlock, withoutBlock } from "../../../src/cli/cron/block.ts"
import { putBack, takeOut } from "../../../src/cli/cron/replaced.ts"

const get = <A, E>(either: Either.Either<A, E>): A => Either.getOrThrowWith(either, (why) => new Error(String(why)))

const OWN = "0 6 * * * bash night.sh"
const replace = (crontab: string, words: string, own = OWN) =>
  Either.map(takeOut(crontab, { name: "shop", words, own }), (taken) => ({
    ...taken,
    after: get(withBlock(taken.crontab, "shop", [...taken.kept, own]))
  }))

const line = fc.oneof(
  fc.constantFrom(
    "",
    "# old.sh is the job",
    "PATH=/old.sh",
    "0 1 * * * backup\t5\\%",
    "# >>> nightly-dispatch api >>>",
    "0 7 * * * api.sh",
    "# <<< nightly-dispatch api <<<"
  ),
  fc.constantFrom("0 6 * * * old.sh", "0 6 * * * old.sh ", "@daily old.sh\r", " 5 5 * * *\told.sh >> l 2>&1")
)
const crontabWith = (lines: ReadonlyArray<string>, ends: boolean) =>
  lines.join("\n") + (ends && lines.length > 0 ? "\n" : "")

describe("the lines that cron install --replace puts out of service", () => {
  it("go, and come back without a trace: every byte is as it was, also after a second time and beside shadow runs", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), fc.boolean(), (lines, ends, shadow) => {
        const text = crontabWith(lines, ends)
        const before = shadow ? get(withBlock(text, "shop", [`${OWN} run --shadow`])) : text
        const found = replace(before, "old.sh")
        if (Either.isLeft(found)) {
          assert.match(found.left.what, /^no line of your crontab has "old.sh"$|own$/)
          return
        }
        const { after } = found.right
        const rest = get(withoutBlock(after, "shop"))
        assert.isFalse(
          rest.split("\n").some((each) => /^\s*[\d@].*old\.sh/.test(each)),
          rest
        )
        assert.strictEqual(get(replace(after, "old.sh")).after, after, "a second time")
        const back = get(putBack(after, "shop"))
        assert.strictEqual(back.crontab, text)
        assert.isTrue(back.isExact)
        assert.isNotEmpty(back.replaced)
      }),
      { numRuns: 2000 }
    )
  })

  it("are kept as comments between our markers, and assignments and comments stay", () => {
    const text = "MAILTO=op\n0 6 * * * old.sh\n# old.sh\nX=old.sh\n0 1 * * * backup\n"
    const { after } = get(replace(text, "old.sh"))
    assert.match(
      after,
      /^MAILTO=op\n# old.sh\nX=old.sh\n0 1 \* \* \* backup\n# >>> .*\n# Put out of service by .*\n# replaced 1: 0 6 \* \* \* old.sh\n0 6 .*night.sh\n# <<< .*\n$/
    )
    assert.lengthOf(get(blockIn(after, "shop")) ?? [], 3)
  })

  it("more of them join those that were replaced before, and all come back", () => {
    const text = "0 6 * * * old.sh\n0 1 * * * backup\n0 7 * * * older.sh\n"
    const once = get(replace(text, "older.sh")).after
    const twice = get(replace(once, "old.sh")).after
    assert.strictEqual(get(withoutBlock(twice, "shop")), "0 1 * * * backup\n")
    assert.deepStrictEqual(get(putBack(twice, "shop")).crontab, text)
  })

  it("come back beside what was changed meanwhile, and that is said", () => {
    const { after } = get(replace("A=1\n0 6 * * * old.sh\n0 1 * * * backup\n", "old.sh"))
    const back = get(putBack(`${after}0 3 * * * new\n`, "shop"))
    assert.strictEqual(back.crontab, "A=1\n0 6 * * * old.sh\n0 1 * * * backup\n0 3 * * * new\n")
    assert.isFalse(back.isExact)
    const short = get(putBack(after.replace("A=1\n", "").replace("0 1 * * * backup\n", ""), "shop"))
    assert.strictEqual(short.crontab, "0 6 * * * old.sh\n")
  })

  it("words that no line has, or a line of ours or of another repository too, are refused", () => {
    const text = "A=1\n0 6 * * * old.sh\n"
    const none = replace(text, "older")
    assert.deepStrictEqual(Either.isLeft(none) ? none.left : undefined, {
      what: 'no line of your crontab has "older"',
      next: "Its lines: 0 6 * * * old.sh"
    })
    assert.isTrue(Either.isLeft(replace("A=old.sh\n", "old.sh")))
    const installed = get(withBlock(text, "shop", [OWN]))
    for (const [crontab, words] of [
      [installed, "night.sh"],
      [text, "0 6 * * *"],
      [get(withBlock(text, "api", ["0 7 * * * old.sh api"])), "old.sh"]
    ] as const) {
      const refused = replace(crontab, words)
      assert.match(Either.isLeft(refused) ? refused.left.what : "", /in a line of nightly-dispatch's own/)
    }
  })
})
