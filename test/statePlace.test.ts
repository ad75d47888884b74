import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { JournalFailed } from "../src/domain/Failure.ts"
import type { OtherTracker } from "../src/journal/identity.ts"
import { Journal } from "../src/journal/Journal.ts"
import { statePlace } from "../src/statePlace.ts"
import { fakeAttempt } from "../src/testing/fakeAttempts.ts"
import { journalIn, scratch } from "./journal/sqlite/journalWorld.ts"

/** Two repositories with a tracker each, below one home. */
const world = Effect.map(scratch, (made) => {
  const root = fs.realpathSync(made)
  for (const name of ["one", "two"]) fs.mkdirSync(path.join(root, name, ".beads"), { recursive: true })
  const base = path.join(root, ".local/state/nightly-dispatch")
  const surroundings = { environment: {}, cwd: root, home: root, tempDir: root }
  const placeOf = (name: string, stateDir?: string) =>
    statePlace({ stateDir }, surroundings, {
      beadsDir: path.join(root, name, ".beads"),
      repository: path.join(root, name)
    })
  return { root, base, placeOf }
})

/** A journal of an earlier version, which served every tracker, with an attempt in the repository. */
const earlierJournal = (directory: string, repository: string) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const { actor, beads, digest, number, run } = fakeAttempt("intended")
    yield* journal.intend({ actor, beads, digest, number, run, repository: { name: "app", path: repository } })
  }).pipe(
    Effect.provide(Layer.fresh(journalIn(directory))),
    Effect.tap(() => Effect.sync(() => fs.rmSync(path.join(directory, "identity.json"))))
  )

const test = (
  name: string,
  body: Effect.Effect<void, JournalFailed | OtherTracker, NodeContext.NodeContext | Scope.Scope>
) => it.scopedLive(name, () => Effect.provide(body, NodeContext.layer))

describe("the place of the state", () => {
  test(
    "is a directory of the tracker's own, the same from a link, and that of the settings where they name one",
    Effect.gen(function* () {
      const { base, placeOf, root } = yield* world
      const [one, two] = [yield* placeOf("one"), yield* placeOf("two")]
      assert.match(path.relative(base, one.directory), /^one-[0-9a-f]{12}$/)
      assert.notStrictEqual(one.directory, two.directory)
      assert.strictEqual(one.tracker, path.join(root, "one/.beads"))
      fs.symlinkSync(path.join(root, "one"), path.join(root, "link"))
      assert.deepStrictEqual(yield* placeOf("link"), one)
      assert.strictEqual((yield* placeOf("one", "/set")).directory, "/set")
      assert.isFalse(fs.existsSync(base), "nothing was made")
    })
  )

  test(
    "an earlier version's directory is used on for the tracker whose attempts it holds, and for no other",
    Effect.gen(function* () {
      const { base, placeOf, root } = yield* world
      yield* earlierJournal(base, path.join(root, "one"))
      assert.notStrictEqual((yield* placeOf("two")).directory, base)
      assert.strictEqual((yield* placeOf("one")).directory, base)
    })
  )

  test(
    "once bound, the earlier directory serves its tracker only",
    Effect.gen(function* () {
      const { base, placeOf, root } = yield* world
      const identity = { mark: "0".repeat(32), adopted: [], copied: [], trackers: [path.join(root, "two/.beads")] }
      fs.mkdirSync(base, { recursive: true })
      fs.writeFileSync(path.join(base, "identity.json"), JSON.stringify({ ...identity, inode: "1" }))
      assert.strictEqual((yield* placeOf("two")).directory, base)
      assert.notStrictEqual((yield* placeOf("one")).directory, base)
    })
  )
})
