import { Effect } from "effect"
import { assert } from "./assert.ts"
import { beadsId } from "./support.ts"
import { id, left, type WorkspaceCheck } from "./workspaceWorld.ts"

/** What a layer must do whose workspaces are the repository itself. */
export const sharedWorkspaces = (check: WorkspaceCheck): void => {
  check(
    "acquireBase fails, because the repository itself is no worktree; dropBase has nothing to do",
    (workspaces, world) =>
      Effect.gen(function* () {
        const workspace = yield* left(workspaces, world)
        const refused = yield* Effect.flip(workspaces.acquireBase(id, world.repository, workspace))
        assert.include(refused.detail, "makes no worktrees")
        yield* workspaces.dropBase(id, world.repository)
        assert.isTrue(yield* world.exists(world.repository.path))
      })
  )

  check("acquire returns the repository itself for every bug, and never removes it", (workspaces, world) =>
    Effect.gen(function* () {
      const paths = yield* Effect.forEach([id, beadsId("bd-other")], (each) =>
        Effect.scoped(Effect.map(workspaces.acquire(each, world.repository), (workspace) => workspace.path))
      )
      assert.deepStrictEqual(paths, [world.repository.path, world.repository.path])
      assert.isTrue(yield* world.exists(world.repository.path))
    })
  )
}
