import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Actor, isCopiedAttempt } from "../../src/domain/Actor.ts"
import { isOwn } from "../../src/domain/Identity.ts"
import type { JournalFailed } from "../../src/domain/Failure.ts"
import { adopt, identityOf, type OtherTracker } from "../../src/journal/identity.ts"
import { scratch } from "./sqlite/journalWorld.ts"

const TRACKER = "/src/app/.beads"

/** Finds the identity of the directory as a run does, and writes it if it is new. */
const open = (directory: string, changes: { machine?: string | undefined; tracker?: string } = {}) =>
  identityOf({ directory, tracker: TRACKER, machine: "machine-1", ...changes }).pipe(
    Effect.tap(({ changed, write }) => (changed ? write : Effect.void))
  )

const accepted = Effect.dieMessage("this directory was accepted")
const failureOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flip(Effect.zipRight(effect, accepted))

const test = (
  name: string,
  body: (root: string) => Effect.Effect<void, JournalFailed | OtherTracker, NodeContext.NodeContext>
) => it.scopedLive(name, () => Effect.flatMap(scratch, body).pipe(Effect.provide(NodeContext.layer)))

const makeDirectory = (root: string, name: string) => {
  const directory = path.join(root, name)
  fs.mkdirSync(directory)
  return directory
}
const recordOf = (directory: string) => fs.readFileSync(path.join(directory, "identity.json"), "utf8")

describe("the identity of a state directory", () => {
  test("is made once, is random, and stays, also when the directory is renamed or its machine has no id for a while", (root) =>
    Effect.gen(function* () {
      const [one, two] = [makeDirectory(root, "one"), makeDirectory(root, "two")]
      const { identity } = yield* open(one)
      assert.match(identity.mark, /^[0-9a-f]{32}$/)
      assert.notStrictEqual((yield* open(two)).identity.mark, identity.mark)
      fs.renameSync(one, path.join(root, "renamed"))
      const again = yield* open(path.join(root, "renamed"))
      assert.strictEqual(again.identity.mark, identity.mark)
      assert.isFalse(again.changed)
      assert.strictEqual((yield* open(path.join(root, "renamed"), { machine: undefined })).identity.mark, identity.mark)
      assert.deepStrictEqual(identity.trackers, [TRACKER])
      assert.strictEqual((fs.statSync(path.join(root, "renamed", "identity.json")).mode & 0o777).toString(8), "600")
    }))

  test("a copy, or the same directory on another machine, gets a new mark once, and the old one is not its own", (root) =>
    Effect.gen(function* () {
      const original = makeDirectory(root, "original")
      const { identity } = yield* open(original)
      const copy = path.join(root, "copy")
      fs.cpSync(original, copy, { recursive: true, preserveTimestamps: true })
      const copied = yield* open(copy)
      assert.isTrue(copied.isCopy)
      assert.notStrictEqual(copied.identity.mark, identity.mark)
      assert.deepStrictEqual(copied.identity.copied, [identity.mark])
      assert.isFalse(isOwn(copied.identity, identity.mark))
      const attempt = Actor.make(`nightly-dispatch/${identity.mark}/vm-1/20261122T030000Z-4f2a91/1`)
      assert.isTrue(isCopiedAttempt(copied.identity, attempt))
      assert.isFalse(isCopiedAttempt(identity, attempt))
      const again = yield* open(copy)
      assert.isFalse(again.changed)
      assert.strictEqual(again.identity.mark, copied.identity.mark)
      assert.strictEqual((yield* open(original)).identity.mark, identity.mark, "the original knows nothing of it")
      assert.isTrue((yield* open(original, { machine: "machine-2" })).isCopy)
    }))

  test("adopt says that it was moved: before or after the first run, every mark it ever had is its own", (root) =>
    Effect.gen(function* () {
      const original = makeDirectory(root, "original")
      const { identity } = yield* open(original)
      for (const runFirst of [false, true]) {
        const moved = path.join(root, `moved-${runFirst}`)
        fs.cpSync(original, moved, { recursive: true })
        if (runFirst) yield* open(moved)
        const adopted = Option.getOrThrow(yield* adopt({ directory: moved, tracker: TRACKER, machine: "machine-1" }))
        assert.isTrue(isOwn(adopted, identity.mark))
        assert.deepStrictEqual(adopted.copied, [])
        const after = yield* open(moved)
        assert.isFalse(after.changed)
        assert.isTrue(isOwn(after.identity, identity.mark))
        assert.isTrue(Option.isNone(yield* adopt({ directory: moved, tracker: TRACKER, machine: "machine-1" })))
      }
    }))

  test("another tracker is refused and changes nothing; adopt says that the tracker was moved", (root) =>
    Effect.gen(function* () {
      const directory = makeDirectory(root, "state")
      yield* open(directory)
      const before = recordOf(directory)
      const refused = yield* failureOf(open(directory, { tracker: "/other/.beads" }))
      assert.strictEqual(refused._tag, "OtherTracker")
      assert.include(refused.message, "state adopt")
      assert.strictEqual(recordOf(directory), before)
      yield* adopt({ directory, tracker: "/other/.beads", machine: "machine-1" })
      const { identity } = yield* open(directory, { tracker: "/other/.beads" })
      assert.deepStrictEqual(identity.trackers, ["/other/.beads", TRACKER])
    }))

  test("a record that cannot be read is a failure, and is left as it is", (root) =>
    Effect.gen(function* () {
      const directory = makeDirectory(root, "state")
      for (const text of ["", "{", '{"mark":"short"}']) {
        fs.writeFileSync(path.join(directory, "identity.json"), text)
        const failure = yield* failureOf(open(directory))
        assert.strictEqual(failure._tag, "JournalFailed")
        assert.strictEqual(recordOf(directory), text)
      }
      fs.rmSync(path.join(directory, "identity.json"))
      fs.mkdirSync(path.join(directory, "identity.json"))
      assert.strictEqual((yield* failureOf(open(directory)))._tag, "JournalFailed")
    }))
})
