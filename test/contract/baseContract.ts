import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { WorkspaceFailed } from "../../src/domain/Failure.ts"
import type { Workspace } from "../../src/domain/Workspace.ts"
import type { Workspaces } from "../../src/workspace/Workspaces.ts"
import { beadsId } from "./support.ts"
import type { WorkspaceWorld } from "./workspaceContract.ts"

const id = beadsId("bd-a1b2")

type Service = Workspaces["Type"]
type Check = <A, E>(
  what: string,
  body: (workspaces: Service, world: WorkspaceWorld) => Effect.Effect<A, E, Scope.Scope>
) => void
/** A workspace of an earlier run, handed over to a job. */
type Left = (workspaces: Service, world: WorkspaceWorld) => Effect.Effect<Workspace, WorkspaceFailed>

/** What every layer that makes worktrees does with a worktree of a workspace's base. */
export const baseContract = (check: Check, left: Left): void => {
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
