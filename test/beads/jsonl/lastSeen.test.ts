import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import * as fs from "node:fs"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { makeLastSeen } from "../../../src/beads/jsonl/lastSeen.ts"
import { bytesAt, indexLines, mayHave } from "../../../src/beads/jsonl/lineIndex.ts"
import { readLines, withLine } from "../../../src/beads/jsonl/lines.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { beadsId } from "../../contract/support.ts"
import { jsonlFile } from "./jsonlWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const row = (id: string, rest: object = {}) =>
  JSON.stringify({ id, title: id, status: "open", priority: 1, issue_type: "bug", ...rest })

/** Another program changes the file in place. Its size and its time of change stay as they are. */
const replaceInPlace = (file: string, from: string, to: string) => {
  assert.strictEqual(from.length, to.length)
  const { atime, mtime } = fs.statSync(file)
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replaceAll(from, to), { flag: "r+" })
  fs.utimesSync(file, atime, mtime)
}

describe("a file that another program changes without a change of its size and time", () => {
  it.scopedLive("between two reads: the second read has the change", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${row("bd-a", { title: "old" })}\n`)
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      assert.strictEqual((yield* beads.show(beadsId("bd-a")))?.title, "old")
      replaceInPlace(world.file, '"old"', '"new"')
      assert.strictEqual((yield* beads.show(beadsId("bd-a")))?.title, "new")
    })
  )

  it.scopedLive("so that an id stands on another line: it is found there", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${row("bd-a")}\n${row("bd-b")}\n`)
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      yield* beads.show(beadsId("bd-a"))
      replaceInPlace(world.file, `${row("bd-a")}\n${row("bd-b")}`, `${row("bd-c")}\n${row("bd-a")}`)
      assert.strictEqual((yield* beads.show(beadsId("bd-a")))?.id, "bd-a")
      assert.isUndefined(yield* beads.show(beadsId("bd-b")))
    })
  )

  it.scopedLive("before a claim: the claim sees it and changes nothing", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${row("bd-a")}\n`)
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      yield* beads.show(beadsId("bd-a"))
      replaceInPlace(world.file, '"open"', '"held"')
      const before = world.text()
      assert.strictEqual((yield* Effect.flip(beads.claim(beadsId("bd-a"), ours)))._tag, "ClaimFailed")
      assert.strictEqual(world.text(), before)
    })
  )

  it.scopedLive("right after our claim: the release leaves the other actor's claim alone", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${row("bd-a")}\n`)
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      yield* beads.claim(beadsId("bd-a"), ours)
      replaceInPlace(world.file, ours, ours.replace("/1", "/2"))
      assert.strictEqual((yield* beads.release(beadsId("bd-a"), ours))._tag, "NotOurs")
    })
  )
})

describe("makeLastSeen", () => {
  it.scopedLive("indexes a file again only if one of its bytes differs", () =>
    Effect.gen(function* () {
      const { file } = yield* jsonlFile("a\nb\n")
      const { look, writing } = yield* makeLastSeen
      const first = yield* look(file)
      assert.strictEqual((yield* look(file)).index, first.index)
      replaceInPlace(file, "b", "c")
      const { index } = yield* look(file)
      assert.strictEqual(index.content.toString(), "a\nc\n")
      const ours = withLine(readLines(index), 1, "ours")
      const write = Effect.gen(function* () {
        assert.strictEqual((yield* look(file)).index, index)
        fs.writeFileSync(file, ours.content)
        assert.strictEqual((yield* look(file)).index, ours)
        return { _tag: "Replaced" } as const
      })
      yield* writing(ours, write)
      assert.strictEqual((yield* look(file)).index, ours)
      fs.appendFileSync(file, "d")
      assert.strictEqual((yield* look(file)).index.content.toString(), "a\nours\nd")
    })
  )
})

describe("the index of a file with a replaced line", () => {
  it("is that of the new content, whatever was looked for before", () => {
    const texts = ['"a', '"b"', '"ab"']
    const line = fc.stringOf(fc.constantFrom("a", "b", '"', "\\u0061", "\\u0022", "\\", "é"), { maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(), line), { maxLength: 4 }),
        fc.subarray(texts),
        fc.uniqueArray(fc.nat(5)),
        (lines, replaced, early, without) => {
          let index = indexLines(Buffer.from(lines.join("\n")))
          for (const [at, text] of replaced) {
            for (const sought of early) mayHave(index, sought)
            const position = at % index.starts.length
            const others = without.filter((each) => each !== position && each < index.starts.length)
            index = withLine(readLines(index), position, text, new Set(at % 2 === 0 ? others : []))
          }
          const anew = indexLines(index.content)
          assert.deepStrictEqual([...index.starts], [...anew.starts])
          assert.deepStrictEqual([...index.first], [...anew.first])
          for (const text of texts) assert.deepStrictEqual(mayHave(index, text), mayHave(anew, text), text)
          assert.strictEqual(bytesAt(index, index.starts.length).length, 0)
        }
      ),
      { numRuns: 500 }
    )
  })
})
