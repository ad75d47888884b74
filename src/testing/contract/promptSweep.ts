import { Effect } from "effect"
import { PromptStore } from "../../prompt/PromptStore.ts"
import { assert } from "./assert.ts"
import { id, kept, type PromptCheck } from "./promptWorld.ts"
import { beadsId, MARK, OTHER_MARK, OWN } from "./support.ts"

/** What `keep` and `sweep` must do. */
export const sweep = (check: PromptCheck): void => {
  check("a kept file outlives its scope", (store, world) =>
    Effect.gen(function* () {
      const file = yield* kept(store)
      assert.isTrue(yield* world.exists(file.path))
      assert.strictEqual(yield* world.read(file.path), `the prompt of ${id}`)
      assert.strictEqual((yield* world.mode(file.path)).toString(8), "600")
    })
  )

  check("sweep removes the kept files whose job has ended, and only those", (store, world) =>
    Effect.gen(function* () {
      const done = yield* kept(store, beadsId("bd-done"))
      const busy = yield* kept(store, beadsId("bd-busy"))
      const swept = yield* store.sweep((beads) => Effect.succeed(beads === "bd-done"), OWN)
      assert.deepStrictEqual(
        swept.map((file) => [String(file.beads), file.path]),
        [["bd-done", done.path]]
      )
      assert.isFalse(yield* world.exists(done.path))
      assert.isTrue(yield* world.exists(busy.path))
    })
  )

  check("sweep leaves a prompt whose dispatch is under way, even if its job is finished", (store, world) =>
    Effect.gen(function* () {
      const file = yield* store.write(id, MARK, "x")
      assert.isEmpty(yield* store.sweep(() => Effect.succeed(true), OWN))
      assert.isTrue(yield* world.exists(file.path))
    })
  )

  check("sweep leaves a file whose job cannot be looked up, and goes on with the others", (store, world) =>
    Effect.gen(function* () {
      const unclear = yield* kept(store, beadsId("bd-a"))
      const done = yield* kept(store, beadsId("bd-b"))
      const swept = yield* store.sweep(
        (beads) => (beads === "bd-a" ? Effect.fail("the runner does not answer") : Effect.succeed(true)),
        OWN
      )
      assert.deepStrictEqual(
        swept.map((file) => file.path),
        [done.path]
      )
      assert.isTrue(yield* world.exists(unclear.path))
      assert.isFalse(yield* world.exists(done.path))
    })
  )

  check("sweep leaves the files of another dispatcher, also when its job is over", (store, world) =>
    Effect.gen(function* () {
      const theirs = yield* Effect.scoped(Effect.tap(store.write(id, OTHER_MARK, "theirs"), store.keep))
      const ours = yield* kept(store)
      const finished = () => Effect.succeed(true)
      const released = { beads: new Set([id]), before: Number.MAX_SAFE_INTEGER }
      const swept = yield* store.sweep(finished, { ...OWN, released })
      assert.deepStrictEqual(
        swept.map((file) => file.path),
        [ours.path]
      )
      assert.isTrue(yield* world.exists(theirs.path))
    })
  )

  check("sweep asks once for each bug that has a file, and finds nothing the second time", (store) =>
    Effect.gen(function* () {
      const ids = ["bd-a", "bd-a.1", "prime-radiant-7f3.1"]
      for (const id of ids) yield* kept(store, beadsId(id))
      const asked: Array<string> = []
      const ask = (beads: string) => Effect.sync(() => asked.push(beads) > 0)
      assert.sameMembers(
        (yield* store.sweep(ask, OWN)).map((file) => file.beads),
        ids
      )
      assert.sameMembers(asked, ids)
      assert.isEmpty(yield* store.sweep(ask, OWN))
    })
  )

  check("sweep of an empty store finds nothing", (store) =>
    Effect.map(
      store.sweep(() => Effect.succeed(true), OWN),
      (swept) => assert.isEmpty(swept)
    )
  )
}

/** What a store must do whose files outlive its layer. */
export const sweepLater = (check: PromptCheck): void => {
  check("sweep finds the files of earlier runs", (earlier, world) =>
    Effect.gen(function* () {
      const file = yield* kept(earlier)
      const swept = yield* Effect.flatMap(PromptStore, (store) =>
        store.sweep((beads) => Effect.succeed(beads === id), OWN)
      ).pipe(Effect.provide(world.layer))
      assert.deepStrictEqual(
        swept.map((found) => [String(found.beads), found.path]),
        [[String(id), file.path]]
      )
      assert.isFalse(yield* world.exists(file.path))
    })
  )
}
