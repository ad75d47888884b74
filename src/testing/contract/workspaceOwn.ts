import { Deferred, Effect, Either, Fiber } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { assert } from "./assert.ts"
import { beadsId } from "./support.ts"
import { id, left, type WorkspaceCheck } from "./workspaceWorld.ts"

/** What a layer must do that gives each bug a workspace of its own. */
export const ownWorkspaces = (check: WorkspaceCheck): void => {
  check("acquire returns a directory and a branch of the bug's own", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* workspaces.acquire(id, world.repository)
      assert.notStrictEqual(workspace.path, world.repository.path)
      assert.include(workspace.path.split("/"), String(id))
      assert.isFalse(workspace.reused)
      assert.match(workspace.branch ?? "", /bd-a1b2/)
    })
  )

  check("a workspace without work is removed with its scope after a success", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* Effect.scoped(workspaces.acquire(id, world.repository))
      assert.isFalse(yield* world.exists(workspace.path))
      assert.isTrue(yield* world.exists(world.repository.path))
    })
  )

  check("… after a failure", (workspaces, world) =>
    Effect.gen(function* () {
      const result = yield* Effect.scoped(
        Effect.flatMap(workspaces.acquire(id, world.repository), (workspace) => Effect.fail(workspace))
      ).pipe(Effect.either)
      assert(Either.isLeft(result) && !(result.left instanceof WorkspaceFailed))
      assert.isFalse(yield* world.exists(result.left.path))
    })
  )

  check("… after an interruption", (workspaces, world) =>
    Effect.gen(function* () {
      const acquired = yield* Deferred.make<string, WorkspaceFailed>()
      const fiber = yield* workspaces.acquire(id, world.repository).pipe(
        Effect.tapBoth({
          onSuccess: (workspace) => Deferred.succeed(acquired, workspace.path),
          onFailure: (failure) => Deferred.fail(acquired, failure)
        }),
        Effect.zipRight(Effect.never),
        Effect.scoped,
        Effect.fork
      )
      const path = yield* Deferred.await(acquired)
      assert.isTrue(yield* world.exists(path))
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* world.exists(path))
    })
  )

  check("acquire makes a new workspace after the first was removed", (workspaces, world) =>
    Effect.gen(function* () {
      yield* Effect.scoped(workspaces.acquire(id, world.repository))
      const again = yield* workspaces.acquire(id, world.repository)
      assert.isTrue(yield* world.exists(again.path))
      assert.isFalse(again.reused)
    })
  )

  check(
    "discard removes a workspace of an earlier run without work; discarding it again says Gone",
    (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* left(workspaces, world)
        assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), { _tag: "Removed" })
        assert.isFalse(yield* world.exists(workspace.path))
        assert.isTrue(yield* world.exists(world.repository.path))
        assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), { _tag: "Gone" })
        const again = yield* Effect.scoped(workspaces.acquire(id, world.repository))
        assert.isFalse(again.reused)
        assert.isFalse(yield* world.exists(again.path), "`keep` applied to the first workspace only")
      })
  )

  check("several bugs at the same time get a workspace each", (workspaces, world) =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach(
        ["bd-a1", "bd-a2", "bd-a3"],
        (each) => workspaces.acquire(beadsId(each), world.repository),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(all.map((workspace) => workspace.path)).size, 3)
      assert.strictEqual(new Set(all.map((workspace) => workspace.branch)).size, 3)
      for (const workspace of all) assert.isTrue(yield* world.exists(workspace.path))
    })
  )
}
