import { Clock, Effect } from "effect"
import { Workspace } from "../../domain/Workspace.ts"
import { assert } from "./assert.ts"
import { absent } from "./suite.ts"
import { beadsId } from "./support.ts"
import { id, left, type WorkspaceCheck } from "./workspaceWorld.ts"

/** How a layer must treat the work in a workspace. */
export const workInWorkspaces = (check: WorkspaceCheck): void => {
  check("discard keeps a workspace with an untracked file", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* left(workspaces, world, world.leaveFile)
      const discarded = yield* workspaces.discard(id, world.repository, workspace)
      assert.deepStrictEqual(discarded, { _tag: "Work", holds: "changes that are not committed", commits: 0 })
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("acquire records what the workspace is like, and when", (workspaces, world) =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const first = yield* left(workspaces, world, world.leaveFile)
      const second = yield* left(workspaces, world)
      assert.isAtLeast(first.snapshot?.at ?? 0, before)
      assert.isUndefined(first.snapshot?.changes, "a new workspace has none")
      assert.match(second.snapshot?.changes ?? "", /\S/)
      assert.strictEqual(second.snapshot?.branch, first.branch)
    })
  )

  check("a reused workspace that the attempt did not change holds no work of it, dirty or not", (workspaces, world) =>
    Effect.gen(function* () {
      yield* left(workspaces, world, world.leaveFile)
      const again = yield* left(workspaces, world)
      const discarded = yield* workspaces.discard(id, world.repository, again)
      assert.deepStrictEqual(discarded, { _tag: "Left", why: "it holds changes from before the attempt" })
      assert.isTrue(yield* world.exists(again.path))
    })
  )

  check("a reused workspace that the attempt changed holds work of it", (workspaces, world) =>
    Effect.gen(function* () {
      yield* left(workspaces, world)
      const again = yield* left(workspaces, world, world.leaveFile)
      assert.isTrue(again.reused)
      assert.strictEqual((yield* workspaces.discard(id, world.repository, again))._tag, "Work")
    })
  )

  check("discard keeps a workspace with a commit", (workspaces, world) =>
    Effect.gen(function* () {
      const commit = world.commit
      if (commit === undefined) return yield* absent
      const workspace = yield* left(workspaces, world, commit)
      assert.strictEqual((yield* workspaces.discard(id, world.repository, workspace))._tag, "Work")
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("discard fails for a workspace whose scope is open, kept or not", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* workspaces.acquire(id, world.repository)
      const refuses = Effect.gen(function* () {
        const refused = yield* Effect.flip(workspaces.discard(id, world.repository, workspace))
        assert.strictEqual(refused.blame, "issue")
        assert.isTrue(yield* world.exists(workspace.path))
      })
      yield* refuses
      yield* workspaces.keep(workspace)
      yield* refuses
      // Another scope on the same workspace opens and closes.
      yield* Effect.scoped(Effect.either(workspaces.acquire(id, world.repository)))
      yield* refuses
    })
  )

  check("discard fails for the workspace of another bug, and for another branch", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* left(workspaces, world)
      for (const [beads, recorded] of [
        [beadsId("bd-other"), workspace],
        [id, Workspace.make({ ...workspace, branch: "main" })]
      ] as const) {
        const refused = yield* Effect.flip(workspaces.discard(beads, world.repository, recorded))
        assert.strictEqual(refused.blame, "issue")
        assert.isTrue(yield* world.exists(workspace.path))
      }
    })
  )
}
