import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { clonedRepository, commit, exists, git, removeTemplate, worktrees } from "../repositories.ts"
import { id, layerAt, visit } from "./gitWorld.ts"

afterAll(removeTemplate)

/** A worktree in which an agent committed, and the place of its base's. */
const withWork = Effect.gen(function* () {
  const { repository, root } = yield* clonedRepository
  const workspaces = yield* Effect.provide(Workspaces, layerAt(root))
  const acquired = visit(repository, (at) => commit(at, "made.txt"))
  const workspace = yield* Effect.provideService(acquired, Workspaces, workspaces)
  return {
    clone: repository.path,
    repository,
    workspaces,
    workspace,
    base: path.join(path.dirname(workspace.path), "+base-app"),
    acquireBase: workspaces.acquireBase(id, repository, workspace),
    dropBase: workspaces.dropBase(id, repository)
  }
})

describe("the worktree of a bug's base", () => {
  it.scopedLive("has the base's files on no branch, and goes with git's entry", () =>
    Effect.gen(function* () {
      const { acquireBase, base, clone, dropBase, workspace } = yield* withWork
      assert.deepStrictEqual(yield* acquireBase, { path: base })
      assert.strictEqual(git(base, "rev-parse", "HEAD"), workspace.base)
      assert.strictEqual(git(base, "rev-parse", "--abbrev-ref", "HEAD"), "HEAD")
      assert.isFalse(exists(path.join(base, "made.txt")))
      assert.isTrue(exists(path.join(workspace.path, "made.txt")))
      commit(base, "of-the-check.txt")
      yield* dropBase
      assert.notInclude(worktrees(clone), base)
      assert.deepStrictEqual(fs.readdirSync(path.dirname(base)), ["app"])
    })
  )

  for (const [what, kill] of [
    ["was added", (clone: string, base: string) => git(clone, "worktree", "lock", "--reason", "initializing", base)],
    [
      "was renamed",
      (_: string, base: string) => fs.renameSync(base, base.replace("+base-app", "+removed-+base-app-0123abcd"))
    ],
    ["was deleted", (_: string, base: string) => fs.rmSync(base, { recursive: true })]
  ] as const) {
    it.scopedLive(`is made anew, and removed, after a process was killed while it ${what}`, () =>
      Effect.gen(function* () {
        const { acquireBase, base, clone, dropBase } = yield* withWork
        for (const next of [acquireBase, dropBase]) {
          yield* acquireBase
          kill(clone, base)
          yield* next
        }
        assert.notInclude(worktrees(clone), base)
        assert.deepStrictEqual(fs.readdirSync(path.dirname(base)), ["app"])
      })
    )
  }

  it.scopedLive("that was left behind is no reason to keep or to remove the bug's worktree", () =>
    Effect.gen(function* () {
      const { acquireBase, base, repository, workspace, workspaces } = yield* withWork
      yield* acquireBase
      fs.writeFileSync(path.join(base, "of-the-check.txt"), "")
      const found = yield* workspaces.discard(id, repository, workspace)
      assert.deepStrictEqual(found, { _tag: "Work", holds: "commits", commits: 1 })
      assert.deepStrictEqual(fs.readdirSync(path.dirname(base)), ["app"])
    })
  )

  it.scopedLive("is not made where the record has no base, or where something else is", () =>
    Effect.gen(function* () {
      const { acquireBase, base, repository, workspace, workspaces } = yield* withWork
      const { base: _, ...without } = workspace
      for (const recorded of [Workspace.make(without), Workspace.make({ ...workspace, base: "--detach" })]) {
        const refused = yield* Effect.flip(workspaces.acquireBase(id, repository, recorded))
        assert.include(refused.detail, "not a commit")
      }
      fs.symlinkSync("/tmp", base)
      yield* Effect.flip(acquireBase)
      assert.isTrue(fs.lstatSync(base).isSymbolicLink())
    })
  )
})
