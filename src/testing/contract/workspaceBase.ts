import { Effect } from "effect"
import { assert } from "./assert.ts"
import { id, left, type WorkspaceCheck } from "./workspaceWorld.ts"

/** How a layer must treat a worktree of a workspace's base. */
export const basesOfWorkspaces = (check: WorkspaceCheck): void => {
  check("acquireBase makes a directory beside the workspace, and dropBase removes only that", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* left(workspaces, world)
      const { path } = yield* workspaces.acquireBase(id, world.repository, workspace)
      assert.notStrictEqual(path, workspace.path)
      assert.isTrue(yield* world.exists(path))
      assert.deepStrictEqual(yield* workspaces.acquireBase(id, world.repository, workspace), { path }, "made anew")
      yield* workspaces.dropBase(id, world.repository)
      assert.isFalse(yield* world.exists(path))
      yield* workspaces.dropBase(id, world.repository)
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check(
    "a worktree of a base that was left behind goes with the bug's next acquire, and is no workspace",
    (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* left(workspaces, world)
        const { path } = yield* workspaces.acquireBase(id, world.repository, workspace)
        assert.deepStrictEqual(yield* workspaces.existing(world.repository), [id])
        const again = yield* left(workspaces, world)
        assert.strictEqual(again.path, workspace.path)
        assert.isFalse(yield* world.exists(path))
      })
  )

  check("… and with its discard", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* left(workspaces, world)
      const { path } = yield* workspaces.acquireBase(id, world.repository, workspace)
      assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), { _tag: "Removed" })
      assert.isFalse(yield* world.exists(path))
      assert.isEmpty(yield* workspaces.existing(world.repository))
    })
  )
}
