import { assert, describe, it, type TestContext } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, type Layer, Scope } from "effect"
import { PromptFailed } from "../../src/domain/Failure.ts"
import { PromptStore } from "../../src/prompt/PromptStore.ts"
import { absent, beadsId, MARK, NASTY_TEXT, OTHER_MARK, OWN, sameMembers } from "./support.ts"

/** An empty store, the layer under test, and functions that look at its files without the layer. */
export interface PromptWorld {
  readonly layer: Layer.Layer<PromptStore>
  readonly exists: (path: string) => Effect.Effect<boolean>
  /** Permission bits, e.g. `0o600`. */
  readonly mode: (path: string) => Effect.Effect<number>
  readonly read: (path: string) => Effect.Effect<string>
  /** Removes the file as another program would. Absent: not checked. */
  readonly remove?: (path: string) => Effect.Effect<void>
}

export interface PromptContractOptions {
  /** A new layer on the same world finds the files of an earlier layer. Default true; false for memory. */
  readonly persistent?: boolean
  /** Milliseconds for one test. Default: as for every test. */
  readonly timeout?: number
}

/** The behaviour that every layer of `PromptStore` must have. */
export const promptContract = (
  name: string,
  makeWorld: Effect.Effect<PromptWorld, never, Scope.Scope>,
  options: PromptContractOptions = {}
): void => {
  const id = beadsId("bd-a1b2")
  const { timeout } = options

  const check = <A, E>(
    what: string,
    body: (store: PromptStore["Type"], world: PromptWorld, context: TestContext) => Effect.Effect<A, E, Scope.Scope>
  ): void =>
    it.scopedLive(
      what,
      (context) =>
        Effect.flatMap(makeWorld, (world) =>
          Effect.flatMap(PromptStore, (store) => body(store, world, context)).pipe(Effect.provide(world.layer))
        ),
      timeout
    )

  /** A file that its dispatch handed over to a job. */
  const kept = (store: PromptStore["Type"], beads = id) =>
    Effect.scoped(Effect.tap(store.write(beads, MARK, `the prompt of ${beads}`), store.keep))

  describe(`${name} keeps the prompt store's contract`, () => {
    describe("write", () => {
      check("makes a file that only our user can read, named after the bug, with exactly this text", (store, world) =>
        Effect.gen(function* () {
          const text = `${NASTY_TEXT}\n${"x".repeat(90 * 1024)}`
          const file = yield* store.write(id, MARK, text)
          assert.strictEqual(file.beads, id)
          assert.isTrue(yield* world.exists(file.path))
          assert.strictEqual((yield* world.mode(file.path)).toString(8), "600")
          assert.include(file.path.split("/").at(-1) ?? "", id)
          assert.isTrue(file.path.startsWith("/"), "the path is absolute")
          assert.strictEqual(yield* world.read(file.path), text)
        })
      )

      check("the file is removed with its scope after a success", (store, world) =>
        Effect.gen(function* () {
          const file = yield* Effect.scoped(
            Effect.tap(store.write(id, MARK, "x"), (file) =>
              Effect.map(world.exists(file.path), (there) => assert.isTrue(there))
            )
          )
          assert.isFalse(yield* world.exists(file.path))
        })
      )

      check("… after a failure", (store, world) =>
        Effect.gen(function* () {
          const result = yield* Effect.scoped(
            Effect.flatMap(store.write(id, MARK, "x"), (file) => Effect.fail(file))
          ).pipe(Effect.either)
          assert(Either.isLeft(result) && !(result.left instanceof PromptFailed))
          assert.isFalse(yield* world.exists(result.left.path))
        })
      )

      check("… after a defect", (store, world) =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const file = yield* Scope.extend(store.write(id, MARK, "x"), scope)
          yield* Scope.close(scope, Exit.die("boom"))
          assert.isFalse(yield* world.exists(file.path))
        })
      )

      check("… after an interruption", (store, world) =>
        Effect.gen(function* () {
          const written = yield* Deferred.make<string>()
          const fiber = yield* store.write(id, MARK, "x").pipe(
            Effect.tap((file) => Deferred.succeed(written, file.path)),
            Effect.zipRight(Effect.never),
            Effect.scoped,
            Effect.fork
          )
          const path = yield* Deferred.await(written)
          assert.isTrue(yield* world.exists(path))
          yield* Fiber.interrupt(fiber)
          assert.isFalse(yield* world.exists(path))
        })
      )

      check("a second write for the same bug neither changes nor removes the first file", (store, world) =>
        Effect.gen(function* () {
          const first = yield* store.write(id, MARK, "first")
          const second = yield* Effect.scoped(
            Effect.either(
              Effect.tap(store.write(id, MARK, "second"), (file) =>
                Effect.map(world.read(file.path), (text) => assert.strictEqual(text, "second"))
              )
            )
          )
          if (Either.isLeft(second)) assert(second.left instanceof PromptFailed)
          else assert.isFalse(yield* world.exists(second.right.path), "it was removed with its own scope")
          assert.strictEqual(yield* world.read(first.path), "first")
        })
      )

      check("of eight bugs at the same time makes eight files", (store, world) =>
        Effect.gen(function* () {
          const ids = Array.from({ length: 8 }, (_, i) => beadsId(`bd-p${i}`))
          const files = yield* Effect.forEach(ids, (id) => store.write(id, MARK, `text of ${id}`), {
            concurrency: "unbounded"
          })
          assert.strictEqual(new Set(files.map((file) => file.path)).size, 8)
          for (const file of files) assert.strictEqual(yield* world.read(file.path), `text of ${file.beads}`)
        })
      )

      check("closing the scope does not fail if another program has removed the file", (store, world, context) =>
        Effect.gen(function* () {
          const remove = world.remove
          if (remove === undefined) return yield* absent(context)
          const exit = yield* Effect.exit(
            Effect.scoped(Effect.flatMap(store.write(id, MARK, "x"), (file) => remove(file.path)))
          )
          assert(Exit.isSuccess(exit), String(exit))
        })
      )
    })

    describe("keep and sweep", () => {
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
          sameMembers(
            (yield* store.sweep(ask, OWN)).map((file) => file.beads),
            ids
          )
          sameMembers(asked, ids)
          assert.isEmpty(yield* store.sweep(ask, OWN))
        })
      )

      check("sweep of an empty store finds nothing", (store) =>
        Effect.map(
          store.sweep(() => Effect.succeed(true), OWN),
          (swept) => assert.isEmpty(swept)
        )
      )

      if (options.persistent !== false) {
        it.scopedLive(
          "sweep finds the files of earlier runs",
          () =>
            Effect.gen(function* () {
              const world = yield* makeWorld
              const file = yield* Effect.flatMap(PromptStore, (store) => kept(store)).pipe(Effect.provide(world.layer))
              const swept = yield* Effect.flatMap(PromptStore, (store) =>
                store.sweep((beads) => Effect.succeed(beads === id), OWN)
              ).pipe(Effect.provide(world.layer))
              assert.deepStrictEqual(
                swept.map((found) => [String(found.beads), found.path]),
                [[String(id), file.path]]
              )
              assert.isFalse(yield* world.exists(file.path))
            }),
          timeout
        )
      }
    })
  })
}
