import { Deferred, Effect, Either, Exit, Fiber, Scope } from "effect"
import { PromptFailed } from "../../domain/Failure.ts"
import { assert } from "./assert.ts"
import { id, type PromptCheck } from "./promptWorld.ts"
import { absent } from "./suite.ts"
import { beadsId, MARK, NASTY_TEXT } from "./support.ts"

/** What `write` must do. */
export const write = (check: PromptCheck): void => {
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
      const result = yield* Effect.scoped(Effect.flatMap(store.write(id, MARK, "x"), (file) => Effect.fail(file))).pipe(
        Effect.either
      )
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

  check("closing the scope does not fail if another program has removed the file", (store, world) =>
    Effect.gen(function* () {
      const remove = world.remove
      if (remove === undefined) return yield* absent
      const exit = yield* Effect.exit(
        Effect.scoped(Effect.flatMap(store.write(id, MARK, "x"), (file) => remove(file.path)))
      )
      assert(Exit.isSuccess(exit), String(exit))
    })
  )
}
