import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { BeadsId } from "../../../src/domain/Ids.ts"
import * as DxWorktrees from "../../../src/workspace/dx/DxWorktrees.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import { workspaceContract } from "../../contract/workspaceContract.ts"
import {
  branches,
  clonedRepository,
  commit,
  exists,
  git,
  logged,
  pushedByOthers,
  surroundings,
  worktrees,
  removeTemplate
} from "../repositories.ts"

afterAll(removeTemplate)

const FAKE = fileURLToPath(new URL("../../fixtures/bin/dx-worktree", import.meta.url))
const id = BeadsId.make("bd-a1b2")

/** A repository and a fake `dx-worktree` for it. `create` selects how the fake behaves. */
const world = (create = "ok", timeout = "20 seconds", prune = "ok") =>
  Effect.map(clonedRepository, (made) => {
    const command = path.join(made.base, "dx-worktree")
    const log = path.join(made.base, "calls.log")
    const env = `DX_FAKE_CLONES='${made.base}' DX_FAKE_ROOT='${made.root}' DX_FAKE_LOG='${log}' DX_FAKE_CREATE='${create}' DX_FAKE_PRUNE='${prune}'`
    fs.writeFileSync(log, "")
    fs.writeFileSync(command, `#!/bin/sh\nexport ${env}\nexec '${FAKE}' "$@"\n`, { mode: 0o755 })
    const layer = DxWorktrees.layer({
      command,
      root: made.root,
      allowFilters: [],
      timeout: Duration.decode(timeout as Duration.DurationInput)
    }).pipe(Layer.provide(surroundings))
    return { ...made, layer, calls: () => fs.readFileSync(log, "utf8").trim().split("\n") }
  })

const acquire = (repository: Repository) =>
  Effect.flatMap(Workspaces, (workspaces) => workspaces.acquire(id, repository))

const visit = (repository: Repository, work: (path: string) => void) =>
  Effect.scoped(Effect.tap(acquire(repository), (workspace) => Effect.sync(() => work(workspace.path))))

workspaceContract(
  "DxWorktrees",
  Effect.map(world(), ({ base, layer, repository }) => ({
    layer,
    repository,
    unusable: { name: "absent", path: path.join(base, "absent") },
    exists: (path: string) => Effect.sync(() => exists(path)),
    leaveFile: (at: string) => Effect.sync(() => fs.writeFileSync(path.join(at, "notes.txt"), "x")),
    commit: (at: string) => Effect.sync(() => void commit(at, "fix.txt"))
  }))
)

describe("DxWorktrees", () => {
  it.scopedLive("uses the path in the last line of the output, on the tool's branch, at the remote's head", () =>
    Effect.gen(function* () {
      const made = yield* world("noisy")
      const head = pushedByOthers(made)
      const workspace = yield* acquire(made.repository).pipe(Effect.provide(made.layer))
      assert.strictEqual(workspace.path, path.join(made.root, id, "app"))
      assert.strictEqual(workspace.branch, `feature-${id}`)
      assert.strictEqual(workspace.base, head)
      assert.deepStrictEqual(made.calls(), [`create ${id} app`])
    })
  )

  it.scopedLive("removes an unused worktree with its branch, although the tool left a session lock in it", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* visit(made.repository, (at) => assert.isTrue(exists(path.join(at, ".dx-session-lock")))).pipe(
        Effect.provide(made.layer)
      )
      assert.isFalse(exists(path.join(made.root, id)))
      assert.lengthOf(worktrees(made.clone), 1)
      assert.deepStrictEqual(branches(made.clone), ["main"])
    })
  )

  it.scopedLive("a listed worktree without a directory: prunes once and makes a new one", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "worktree", "add", "--quiet", "-b", `feature-${id}`, path.join(made.root, id, "app"))
      fs.rmSync(path.join(made.root, id), { recursive: true })
      const workspace = yield* acquire(made.repository).pipe(Effect.provide(made.layer))
      assert.isTrue(exists(workspace.path))
      assert.isFalse(workspace.reused)
      assert.deepStrictEqual(made.calls(), [`create ${id} app`, "prune app", `create ${id} app`])
    })
  )

  it.scopedLive("fails with the second failure of `create` after a prune", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "worktree", "add", "--quiet", "--detach", path.join(made.root, id, "app"))
      fs.rmSync(path.join(made.root, id), { recursive: true })
      git(made.clone, "branch", `feature-${id}/excludes-it`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(made.repository))).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /Failed to create worktree at/)
      assert.strictEqual(failure.blame, "issue")
      assert.deepStrictEqual(made.calls(), [`create ${id} app`, "prune app", `create ${id} app`])
      assert.isFalse(exists(path.join(made.root, id)))
    })
  )

  it.scopedLive("does not prune if every listed worktree has its directory", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "branch", `feature-${id}/excludes-it`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(made.repository))).pipe(Effect.provide(made.layer))
      assert.strictEqual(failure.blame, "issue")
      assert.deepStrictEqual(made.calls(), [`create ${id} app`])
    })
  )

  it.scopedLive("names git's reason, which the tool prints behind a prefix: the repository's", () =>
    Effect.gen(function* () {
      const made = yield* world("no-ref")
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /: couldn't find remote ref master$/)
      assert.deepInclude(failure, { kind: "no_base", blame: "config" })
    })
  )

  it.scopedLive("names the failure of a prune", () =>
    Effect.gen(function* () {
      const made = yield* world("ok", "20 seconds", "fail")
      git(made.clone, "worktree", "add", "--quiet", "-b", `feature-${id}`, path.join(made.root, id, "app"))
      fs.rmSync(path.join(made.root, id), { recursive: true })
      const failure = yield* Effect.flip(Effect.scoped(acquire(made.repository))).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /dx-worktree prune: cannot prune: Permission denied$/)
      assert.strictEqual(failure.blame, "issue")
    })
  )

  it.scopedLive("a person has the branch checked out: names the place and does not run the tool", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "checkout", "--quiet", "-b", `feature-${id}`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(made.repository))).pipe(Effect.provide(made.layer))
      assert.deepInclude(failure, { kind: "branch_in_use", blame: "issue" })
      assert.include(failure.detail, `is checked out at ${made.clone}`)
      assert.deepStrictEqual(made.calls(), [""])
    })
  )

  it.scopedLive("check makes and removes a trial worktree with git, and does not run the tool", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* Effect.flatMap(Workspaces, (workspaces) => workspaces.check(made.repository)).pipe(
        Effect.provide(made.layer)
      )
      assert.deepStrictEqual(branches(made.clone), ["main"])
      assert.lengthOf(worktrees(made.clone), 1)
      assert.isFalse(exists(made.root))
      assert.deepStrictEqual(made.calls(), [""])
    })
  )

  it.scopedLive("check fails if the clone knows no branch from which the tool starts", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "remote", "set-head", "origin", "--delete")
      const failure = yield* Effect.flatMap(Workspaces, (workspaces) =>
        Effect.flip(workspaces.check(made.repository))
      ).pipe(Effect.provide(made.layer))
      assert.deepInclude(failure, { kind: "no_base", blame: "config" })
      assert.match(failure.message, /Run: git -C \S+ remote set-head origin --auto$/)
    })
  )

  it.scopedLive("does not prune after a failure of the host", () =>
    Effect.gen(function* () {
      const made = yield* world("fail")
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /no space left on device/)
      assert.strictEqual(failure.blame, "host")
      assert.deepStrictEqual(made.calls(), [`create ${id} app`])
    })
  )

  for (const [what, create, message] of [
    ["a tool that prints a path outside of the root", "escape", /is not below/],
    ["a tool that prints nothing", "silent", /printed no path/]
  ] as const) {
    it.scopedLive(`fails for ${what}`, () =>
      Effect.gen(function* () {
        const made = yield* world(create)
        const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
        assert.match(failure.detail, message)
        assert.strictEqual(failure.blame, "config")
      })
    )
  }

  it.scopedLive("a link instead of the bug's directory: fails before it runs the tool", () =>
    Effect.gen(function* () {
      const made = yield* world()
      fs.mkdirSync(made.root)
      fs.symlinkSync(made.base, path.join(made.root, id))
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /symbolic link/)
      assert.deepStrictEqual(made.calls(), [""])
    })
  )

  it.scopedLive("ends a `create` that does not end in time", () =>
    Effect.gen(function* () {
      const made = yield* world("hang", "1 second")
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /did not end within 1 s/)
      assert.deepInclude(failure, { kind: "timeout", blame: "issue" })
    })
  )

  it.scopedLive("a worktree with a commit stays, and a log line names it", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const [workspace, log] = yield* logged(
        visit(made.repository, (at) => void commit(at, "fix.txt")).pipe(Effect.provide(made.layer))
      )
      assert.isTrue(exists(workspace.path))
      assert.include(log.join("\n"), `worktree ${workspace.path} stays`)
    })
  )

  const leftBehind = (made: Effect.Effect.Success<ReturnType<typeof world>>, work: (at: string) => void = () => {}) =>
    Effect.gen(function* () {
      const workspaces = yield* Workspaces
      const workspace = yield* Effect.scoped(Effect.tap(acquire(made.repository), workspaces.keep))
      work(workspace.path)
      return yield* workspaces.discard(id, made.repository, workspace)
    }).pipe(Effect.provide(made.layer))

  it.scopedLive(
    "discards a worktree of an earlier run with its branch, although the tool left a session lock in it",
    () =>
      Effect.gen(function* () {
        const made = yield* world()
        const mark = path.join(made.root, id, "app/.dx-session-lock")
        assert.deepStrictEqual(yield* leftBehind(made, () => assert.isTrue(exists(mark))), { _tag: "Removed" })
        assert.isFalse(exists(path.join(made.root, id)))
        assert.lengthOf(worktrees(made.clone), 1)
        assert.deepStrictEqual(branches(made.clone), ["main"])
        assert.deepStrictEqual(made.calls(), [`create ${id} app`], "`dx-worktree cleanup` does not look for work")
      })
  )

  it.scopedLive("keeps a worktree of an earlier run with a commit, and its session lock", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const discarded = yield* leftBehind(made, (at) => {
        fs.writeFileSync(path.join(at, "fix.txt"), "x")
        git(at, "add", "fix.txt")
        git(at, "commit", "--quiet", "--message", "fix")
      })
      assert.deepStrictEqual(discarded, { _tag: "Work", holds: "commits", commits: 1 })
      assert.isTrue(exists(path.join(made.root, id, "app/.dx-session-lock")))
    })
  )

  it.scopedLive("discard does not follow a link instead of the worktree", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const moved = path.join(made.base, "moved")
      const discarded = leftBehind(made, (at) => {
        fs.renameSync(at, moved)
        fs.symlinkSync(moved, at)
      })
      const failure = yield* Effect.flip(discarded)
      assert.match(failure.detail, /symbolic link/)
      assert.strictEqual(failure.blame, "issue")
      assert.isTrue(exists(path.join(moved, "file.txt")))
      assert.isTrue(exists(path.join(moved, ".dx-session-lock")))
    })
  )

  it.scopedLive("check fails if the tool is missing", () =>
    Effect.gen(function* () {
      const { repository, root } = yield* clonedRepository
      const layer = DxWorktrees.layer({
        command: "dx-worktree-absent",
        root,
        allowFilters: [],
        timeout: Duration.seconds(5)
      })
      const failure = yield* Effect.flatMap(Workspaces, (workspaces) => Effect.flip(workspaces.check(repository))).pipe(
        Effect.provide(Layer.provide(layer, surroundings))
      )
      assert.match(failure.detail, /there is no command dx-worktree-absent/)
      assert.strictEqual(failure.blame, "config")
    })
  )
})
