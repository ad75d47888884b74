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

/** A path for the cache file, and a file that stands for bd's executable. */
const machine = Effect.map(scratch, (root) => {
  const executable = path.join(root, "bd")
  fs.writeFileSync(executable, "\u007fELF and so on")
  return { executable, capabilityFile: path.join(root, "bd.json") }
})

/** A release by a new process: how often it asks for help pages and version, and its calls for the release. */
const release = (version: Version, options: { readonly executable: string; readonly capabilityFile: string }) =>
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

describe("bd is asked for its capabilities once in the life of its executable", () => {
  it.scopedLive("a later process asks no questions", () =>
    Effect.gen(function* () {
      const where = yield* machine
      const first = yield* release("1.2.1", where)
      const second = yield* release("1.2.1", where)
      assert.isAbove(first.asked, 0)
      assert.strictEqual(second.asked, 0)
      assert.deepStrictEqual(second.released, first.released)
      assert.deepStrictEqual(
        fs.readdirSync(path.dirname(where.capabilityFile)).sort(),
        ["bd", "bd.json"],
        "nothing else is left"
      )
      assert.strictEqual(fs.statSync(where.capabilityFile).mode & 0o777, 0o600)
    })
  )

  it.scopedLive("a link in place of the cache file is neither read nor written through", () =>
    Effect.gen(function* () {
      const [where, elsewhere] = [yield* machine, yield* machine]
      yield* release("1.2.1", { ...where, capabilityFile: elsewhere.capabilityFile })
      const planted = fs.readFileSync(elsewhere.capabilityFile, "utf8").replace("guarded-update", "plain")
      fs.writeFileSync(elsewhere.capabilityFile, planted)
      fs.symlinkSync(elsewhere.capabilityFile, where.capabilityFile)
      assert.isAbove((yield* release("1.2.1", where)).asked, 0)
      assert.strictEqual(fs.readFileSync(elsewhere.capabilityFile, "utf8"), planted)
      assert.strictEqual((yield* release("1.2.1", where)).asked, 0, "the cache file replaces the link")
    })
  )

  const changes: ReadonlyArray<readonly [string, (executable: string) => void]> = [
    ["the size of its file changed", (file) => fs.appendFileSync(file, "more")],
    ["its file was written again", (file) => fs.utimesSync(file, new Date(1_000_000), new Date(1_000_000))]
  ]
  for (const [what, change] of changes) {
    it.scopedLive(`bd is asked again when ${what}`, () =>
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

  it.scopedLive("a later process asks a script only for its version, and asks again when it calls another bd", () =>
    Effect.gen(function* () {
      const where = yield* machine
      fs.writeFileSync(where.executable, "#!/bin/sh\nexec bd-real\n")
      const first = yield* release("1.2.1", where)
      assert.strictEqual((yield* release("1.2.1", where)).asked, 1)
      const other = yield* release("1.0.3", where)
      assert.isAbove(other.asked, 1)
      assert.deepStrictEqual(other.released, [`--actor ${ours} update bd-a --status open --assignee  --json`])
      const back = yield* release("1.2.1", where)
      assert.strictEqual(back.asked, 1, "the entry of the first bd is kept: directories may have one each")
      assert.deepStrictEqual(back.released, first.released)
    })
  )

  it.scopedLive("a script whose text changed is asked again, even if size, time and version stay the same", () =>
    Effect.gen(function* () {
      const where = yield* machine
      fs.writeFileSync(where.executable, "#!/bin/sh\nexec bd-one\n")
      const { atime, mtime } = fs.statSync(where.executable)
      yield* release("1.2.1", where)
      fs.writeFileSync(where.executable, "#!/bin/sh\nexec bd-two\n")
      fs.utimesSync(where.executable, atime, mtime)
      assert.isAbove((yield* release("1.2.1", where)).asked, 1)
    })
  )

  it.scopedLive("a wrong cache entry prevents no release: bd is asked again and the entry replaced", () =>
    Effect.gen(function* () {
      const where = yield* machine
      yield* release("1.2.1", where)
      const other = yield* release("1.0.3", where)
      assert.lengthOf(other.released, 2)
      assert.isAbove(other.asked, 0)
      assert.strictEqual((yield* release("1.0.3", where)).asked, 0)
    })
  )

  it.scopedLive("the cache keeps several executables", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* machine, yield* machine]
      yield* release("1.2.1", one)
      yield* release("1.0.3", { ...two, capabilityFile: one.capabilityFile })
      assert.strictEqual((yield* release("1.2.1", one)).asked, 0)
    })
  )

  for (const text of ["", "{", "[]", '[{"executable":{},"capabilities":{}}]']) {
    it.scopedLive(`a cache file with the content ${JSON.stringify(text)} is replaced`, () =>
      Effect.gen(function* () {
        const where = yield* machine
        fs.writeFileSync(where.capabilityFile, text)
        assert.isAbove((yield* release("1.2.1", where)).asked, 0)
        assert.strictEqual((yield* release("1.2.1", where)).asked, 0)
      })
    )
  }

  it.scopedLive("without its directory the cache file is not written, and no call fails", () =>
    Effect.gen(function* () {
      const where = yield* machine
      const capabilityFile = path.join(path.dirname(where.capabilityFile), "nowhere", "bd.json")
      yield* release("1.2.1", { ...where, capabilityFile })
      assert.isFalse(fs.existsSync(path.dirname(capabilityFile)))
    })
  )
})
