import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, LogLevel } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { beadsId } from "../../contract/support.ts"
import { bdWorld, scratch, type Version } from "./bdWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const held = { id: "bd-a", title: "a", priority: 1, status: "in_progress", assignee: ours }
const quiet = Logger.withMinimumLogLevel(LogLevel.None)

/** A place for the memory, and a file that stands for bd's executable. */
const machine = Effect.map(scratch, (root) => {
  const executable = path.join(root, "bd")
  fs.writeFileSync(executable, "\u007fELF and so on")
  return { executable, memory: path.join(root, "bd.json") }
})

/** What a new process asks of bd when it gives a claim back: its help pages and version, and the release itself. */
const release = (version: Version, options: { readonly executable: string; readonly memory: string }) =>
  Effect.gen(function* () {
    const world = yield* bdWorld(version, [held], options)
    const released = yield* Effect.flatMap(BeadsCli, (beads) => beads.release(beadsId("bd-a"), ours)).pipe(
      Effect.provide(world.layer),
      quiet
    )
    assert.strictEqual(released._tag, "Released")
    assert.deepInclude(yield* world.elsewhere.read("bd-a"), { status: "open", assignee: undefined })
    return {
      asked: world.calls().filter((call) => call.startsWith("version") || call.includes("--help")).length,
      released: world.calls().filter((call) => call.startsWith("--actor"))
    }
  }).pipe(Effect.scoped)

describe("what bd can do is asked once in the life of its executable", () => {
  it.scopedLive("a later process asks nothing", () =>
    Effect.gen(function* () {
      const where = yield* machine
      const first = yield* release("1.2.1", where)
      const second = yield* release("1.2.1", where)
      assert.isAbove(first.asked, 0)
      assert.strictEqual(second.asked, 0)
      assert.deepStrictEqual(second.released, first.released)
      assert.deepStrictEqual(
        fs.readdirSync(path.dirname(where.memory)).sort(),
        ["bd", "bd.json"],
        "nothing else is left"
      )
      assert.strictEqual(fs.statSync(where.memory).mode & 0o777, 0o600)
    })
  )

  it.scopedLive("what a planted link leads to is not believed, and not written to", () =>
    Effect.gen(function* () {
      const [where, elsewhere] = [yield* machine, yield* machine]
      yield* release("1.2.1", { ...where, memory: elsewhere.memory })
      const planted = fs.readFileSync(elsewhere.memory, "utf8").replace("guarded-update", "plain")
      fs.writeFileSync(elsewhere.memory, planted)
      fs.symlinkSync(elsewhere.memory, where.memory)
      assert.isAbove((yield* release("1.2.1", where)).asked, 0)
      assert.strictEqual(fs.readFileSync(elsewhere.memory, "utf8"), planted)
      assert.strictEqual((yield* release("1.2.1", where)).asked, 0, "it is put in the link's place")
    })
  )

  const changes: ReadonlyArray<readonly [string, (executable: string) => void]> = [
    ["its size changed", (file) => fs.appendFileSync(file, "more")],
    ["it was written again", (file) => fs.utimesSync(file, new Date(1_000_000), new Date(1_000_000))]
  ]
  for (const [what, change] of changes) {
    it.scopedLive(`it is asked again when ${what}`, () =>
      Effect.gen(function* () {
        const where = yield* machine
        const { mtime } = fs.statSync(where.executable)
        yield* release("1.2.1", where)
        change(where.executable)
        if (what.includes("size")) fs.utimesSync(where.executable, mtime, mtime)
        const again = yield* release("1.0.3", where)
        assert.isAbove(again.asked, 0)
        assert.deepStrictEqual(again.released, [`--actor ${ours} update bd-a --status open --assignee  --json`])
      })
    )
  }

  it.scopedLive("a script is asked by every process: what it calls may change behind it", () =>
    Effect.gen(function* () {
      const where = yield* machine
      fs.writeFileSync(where.executable, "#!/bin/sh\nexec bd-real\n")
      yield* release("1.2.1", where)
      assert.isAbove((yield* release("1.2.1", where)).asked, 0)
      assert.isFalse(fs.existsSync(where.memory))
    })
  )

  it.scopedLive("a memory that is wrong all the same loses no release: bd is asked again, and remembered anew", () =>
    Effect.gen(function* () {
      const where = yield* machine
      yield* release("1.2.1", where)
      const other = yield* release("1.0.3", where)
      assert.lengthOf(other.released, 2)
      assert.isAbove(other.asked, 0)
      assert.strictEqual((yield* release("1.0.3", where)).asked, 0)
    })
  )

  it.scopedLive("several executables are remembered side by side", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* machine, yield* machine]
      yield* release("1.2.1", one)
      yield* release("1.0.3", { ...two, memory: one.memory })
      assert.strictEqual((yield* release("1.2.1", one)).asked, 0)
    })
  )

  for (const text of ["", "{", "[]", '[{"executable":{},"capabilities":{}}]']) {
    it.scopedLive(`a memory that reads ${JSON.stringify(text)} is no memory`, () =>
      Effect.gen(function* () {
        const where = yield* machine
        fs.writeFileSync(where.memory, text)
        assert.isAbove((yield* release("1.2.1", where)).asked, 0)
        assert.strictEqual((yield* release("1.2.1", where)).asked, 0)
      })
    )
  }

  it.scopedLive("without the directory for it nothing is written and nothing fails", () =>
    Effect.gen(function* () {
      const where = yield* machine
      const memory = path.join(path.dirname(where.memory), "nowhere", "bd.json")
      yield* release("1.2.1", { ...where, memory })
      assert.isFalse(fs.existsSync(path.dirname(memory)))
    })
  )
})
