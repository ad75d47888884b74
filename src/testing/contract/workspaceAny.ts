import { Effect, Either } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { Workspace, type Discarded } from "../../domain/Workspace.ts"
import { assert } from "./assert.ts"
import { absent } from "./suite.ts"
import { id, left, type WorkspaceCheck, type WorkspaceWorld } from "./workspaceWorld.ts"

/** What every layer must do. */
export const anyWorkspaces = (check: WorkspaceCheck, shared: boolean): void => {
  check("version names the tool, and check accepts the repository", (workspaces, world) =>
    Effect.gen(function* () {
      assert.match(yield* workspaces.version, /\S/)
      yield* workspaces.check(world.repository)
    })
  )

  check("check and acquire fail for a repository that cannot be used", (workspaces, world) =>
    Effect.gen(function* () {
      const unusable = world.unusable
      if (unusable === undefined) return yield* absent
      const early = yield* Effect.either(workspaces.check(unusable))
      assert(Either.isLeft(early) && early.left instanceof WorkspaceFailed, "check must fail")
      const late = yield* Effect.either(workspaces.acquire(id, unusable))
      assert(Either.isLeft(late) && late.left instanceof WorkspaceFailed, "acquire must fail")
    })
  )

  check("acquire returns an existing directory", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* workspaces.acquire(id, world.repository)
      assert.isTrue(workspace.path.startsWith("/"), "the path is absolute")
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("acquire makes a workspace at the path and on the branch of `place`", (workspaces, world) =>
    Effect.gen(function* () {
      const { branch, path } = workspaces.place(id, world.repository)
      const workspace = yield* workspaces.acquire(id, world.repository)
      assert.deepStrictEqual([workspace.path, workspace.branch], [path, branch])
    })
  )

  check("a kept workspace outlives its scope", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* Effect.scoped(
        Effect.tap(workspaces.acquire(id, world.repository), (workspace) => workspaces.keep(workspace))
      )
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("a workspace with an untracked file outlives its scope", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* Effect.scoped(
        Effect.tap(workspaces.acquire(id, world.repository), (workspace) => world.leaveFile(workspace.path))
      )
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("a workspace with a commit outlives its scope", (workspaces, world) =>
    Effect.gen(function* () {
      const commit = world.commit
      if (commit === undefined) return yield* absent
      const workspace = yield* Effect.scoped(
        Effect.tap(workspaces.acquire(id, world.repository), (workspace) => commit(workspace.path))
      )
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("acquire reuses a kept workspace, and its scope does not remove it", (workspaces, world) =>
    Effect.gen(function* () {
      const first = yield* Effect.scoped(
        Effect.tap(workspaces.acquire(id, world.repository), (workspace) => workspaces.keep(workspace))
      )
      const again = yield* Effect.scoped(workspaces.acquire(id, world.repository))
      assert.strictEqual(again.path, first.path)
      assert.strictEqual(again.branch, first.branch)
      assert.isTrue(again.reused)
      assert.isTrue(yield* world.exists(first.path))
    })
  )

  check("a second acquire for the same bug does not remove the workspace of the first", (workspaces, world) =>
    Effect.gen(function* () {
      const first = yield* workspaces.acquire(id, world.repository)
      const second = yield* Effect.scoped(Effect.either(workspaces.acquire(id, world.repository)))
      if (Either.isRight(second)) assert.isTrue(second.right.reused)
      else assert(second.left instanceof WorkspaceFailed)
      assert.isTrue(yield* world.exists(first.path))
    })
  )

  check("discard fails for a path that is not the bug's, and changes nothing", (workspaces, world) =>
    Effect.gen(function* () {
      const workspace = yield* left(workspaces, world)
      const other = Workspace.make({ ...workspace, path: `${workspace.path}-other` })
      const refused = yield* Effect.flip(workspaces.discard(id, world.repository, other))
      assert(refused instanceof WorkspaceFailed)
      assert.strictEqual(refused.blame, "issue")
      assert.isTrue(yield* world.exists(workspace.path))
    })
  )

  check("discard never removes a reused workspace", (workspaces, world) =>
    Effect.gen(function* () {
      yield* left(workspaces, world)
      const again = yield* left(workspaces, world)
      assert.isTrue(again.reused)
      const discarded = yield* workspaces.discard(id, world.repository, again)
      const expected: Discarded = shared
        ? { _tag: "Work", holds: "files that cannot be compared with what they were", commits: 0 }
        : { _tag: "Left", why: "it was there before the attempt" }
      assert.deepStrictEqual(discarded, expected)
      assert.isTrue(yield* world.exists(again.path))
    })
  )

  check("existing lists the bugs that have a workspace", (workspaces, world) =>
    Effect.gen(function* () {
      assert.isEmpty(yield* workspaces.existing(world.repository))
      const workspace = yield* left(workspaces, world)
      assert.deepStrictEqual(yield* workspaces.existing(world.repository), shared ? [] : [id])
      yield* workspaces.discard(id, world.repository, workspace)
      assert.isEmpty(yield* workspaces.existing(world.repository))
    })
  )

  for (const [what, work] of [
    ["nothing", () => Effect.void],
    ["a file", (world: WorkspaceWorld, path: string) => world.leaveFile(path)]
  ] as const) {
    check(
      `inspect of a workspace that holds ${what} answers as discard does, and changes nothing`,
      (workspaces, world) =>
        Effect.gen(function* () {
          const workspace = yield* left(workspaces, world, (path) => work(world, path))
          const inspected = yield* workspaces.inspect(id, world.repository, workspace)
          assert.isTrue(yield* world.exists(workspace.path))
          assert.deepStrictEqual(yield* workspaces.inspect(id, world.repository, workspace), inspected)
          assert.deepStrictEqual(yield* workspaces.discard(id, world.repository, workspace), inspected)
        })
    )
  }
}
