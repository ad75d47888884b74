import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
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

vi.setConfig({ testTimeout: 20_000 })

const FAKE = fileURLToPath(new URL("../../fixtures/bin/dx-worktree", import.meta.url))
const id = BeadsId.make("bd-a1b2")

/** A repository, and a `dx-worktree` that knows where it is and how to behave. */
const world = (create = "ok", timeout = "20 seconds") =>
  Effect.map(clonedRepository, (made) => {
    const command = path.join(made.base, "dx-worktree")
    const log = path.join(made.base, "calls.log")
    const env = `DX_FAKE_CLONES='${made.base}' DX_FAKE_ROOT='${made.root}' DX_FAKE_LOG='${log}' DX_FAKE_CREATE='${create}'`
    fs.writeFileSync(log, "")
    fs.writeFileSync(command, `#!/bin/sh\nexec env ${env} '${FAKE}' "$@"\n`, { mode: 0o755 })
    const layer = DxWorktrees.layer({
      command,
      root: made.root,
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
  it.scopedLive("hands out the last line's path, on the tool's branch, at the remote's head", () =>
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

  it.scopedLive("an unused worktree goes with its branch, although the tool left its session mark in it", () =>
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

  it.scopedLive("git still lists one whose directory is gone: pruned once, and made anew", () =>
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

  it.scopedLive("the second failure is the answer", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "worktree", "add", "--quiet", "--detach", path.join(made.root, id, "app"))
      fs.rmSync(path.join(made.root, id), { recursive: true })
      git(made.clone, "checkout", "--quiet", "-b", `feature-${id}`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(made.repository))).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /Failed to create worktree at/)
      assert.strictEqual(failure.blame, "issue")
      assert.deepStrictEqual(made.calls(), [`create ${id} app`, "prune app", `create ${id} app`])
      assert.isFalse(exists(path.join(made.root, id)))
    })
  )

  it.scopedLive("where git lists nothing that is gone nothing is pruned", () =>
    Effect.gen(function* () {
      const made = yield* world()
      git(made.clone, "checkout", "--quiet", "-b", `feature-${id}`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(made.repository))).pipe(Effect.provide(made.layer))
      assert.strictEqual(failure.blame, "issue")
      assert.deepStrictEqual(made.calls(), [`create ${id} app`])
    })
  )

  it.scopedLive("a failure of the host is not pruned away", () =>
    Effect.gen(function* () {
      const made = yield* world("fail")
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /no space left on device/)
      assert.strictEqual(failure.blame, "host")
      assert.deepStrictEqual(made.calls(), [`create ${id} app`])
    })
  )

  for (const [create, message] of [
    ["escape", /is not below/],
    ["silent", /printed no path/]
  ] as const) {
    it.scopedLive(`refuses what the tool hands out: ${create}`, () =>
      Effect.gen(function* () {
        const made = yield* world(create)
        const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
        assert.match(failure.detail, message)
        assert.strictEqual(failure.blame, "config")
      })
    )
  }

  it.scopedLive("a link planted for the issue is refused before the tool is asked", () =>
    Effect.gen(function* () {
      const made = yield* world()
      fs.mkdirSync(made.root)
      fs.symlinkSync(made.base, path.join(made.root, id))
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /symbolic link/)
      assert.deepStrictEqual(made.calls(), [""])
    })
  )

  it.scopedLive("a create that never ends is ended", () =>
    Effect.gen(function* () {
      const made = yield* world("hang", "1 second")
      const failure = yield* Effect.flip(acquire(made.repository)).pipe(Effect.provide(made.layer))
      assert.match(failure.detail, /did not end within 1 s/)
      assert.strictEqual(failure.blame, "host")
    })
  )

  it.scopedLive("work stays, and a log line names it", () =>
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

  it.scopedLive("what an earlier run left goes with its branch, although the tool left its session mark in it", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const mark = path.join(made.root, id, "app/.dx-session-lock")
      assert.deepStrictEqual(yield* leftBehind(made, () => assert.isTrue(exists(mark))), { _tag: "Removed" })
      assert.isFalse(exists(path.join(made.root, id)))
      assert.lengthOf(worktrees(made.clone), 1)
      assert.deepStrictEqual(branches(made.clone), ["main"])
      assert.deepStrictEqual(made.calls(), [`create ${id} app`], "the tool's own cleanup asks nobody about work")
    })
  )

  it.scopedLive("what an earlier run left with a commit stays as it is, the session mark too", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const discarded = yield* leftBehind(made, (at) => {
        fs.writeFileSync(path.join(at, "fix.txt"), "x")
        git(at, "add", "fix.txt")
        git(at, "commit", "--quiet", "--message", "fix")
      })
      assert.deepStrictEqual(discarded, { _tag: "Kept", holds: "commits", commits: 1 })
      assert.isTrue(exists(path.join(made.root, id, "app/.dx-session-lock")))
    })
  )

  it.scopedLive("a link planted where an earlier run left a worktree is not followed", () =>
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

  it.scopedLive("a tool that is not there is found out at once", () =>
    Effect.gen(function* () {
      const { repository, root } = yield* clonedRepository
      const layer = DxWorktrees.layer({ command: "dx-worktree-absent", root, timeout: Duration.seconds(5) })
      const failure = yield* Effect.flatMap(Workspaces, (workspaces) => Effect.flip(workspaces.check(repository))).pipe(
        Effect.provide(Layer.provide(layer, surroundings))
      )
      assert.match(failure.detail, /there is no command dx-worktree-absent/)
      assert.strictEqual(failure.blame, "config")
    })
  )
})
