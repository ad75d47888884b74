import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { eventually } from "../../contract/support.ts"
import {
  branches,
  clonedRepository,
  commit,
  exists,
  git,
  logged,
  pushedByOthers,
  pushFiles,
  worktrees,
  removeTemplate
} from "../repositories.ts"
import { acquire, id, layerAt, running, visit } from "./gitWorld.ts"

afterAll(removeTemplate)

describe("GitWorktrees: acquire finds", () => {
  it.scopedLive("a listed worktree without a directory: makes a new one", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const layer = layerAt(world.root)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const workspaces = yield* Workspaces
          yield* workspaces.keep(yield* acquire(world.repository))
        })
      ).pipe(Effect.provide(layer))
      fs.rmSync(path.join(world.root, id), { recursive: true })
      assert.lengthOf(worktrees(world.clone), 2, "git still lists it")
      const head = pushedByOthers(world)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layer))
      assert.isFalse(workspace.reused)
      assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), head)
    })
  )

  it.scopedLive(
    "a listed worktree of the branch below a former root, without a directory: removes only that entry",
    () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const former = path.join(world.base, "former")
        for (const [branch, name] of [
          [`nightly-dispatch/${id}`, "stale"],
          ["nightly-dispatch/bd-other", "other"],
          ["nightly-dispatch/bd-locked", "locked"]
        ] as const) {
          git(world.clone, "worktree", "add", "--quiet", "-b", branch, path.join(former, name))
        }
        git(world.clone, "worktree", "lock", path.join(former, "locked"))
        fs.rmSync(former, { recursive: true })
        const layer = layerAt(world.root)
        const workspace = yield* acquire(world.repository).pipe(Effect.provide(layer))
        assert.isFalse(workspace.reused)
        assert.strictEqual(git(workspace.path, "branch", "--show-current"), `nightly-dispatch/${id}`)
        assert.lengthOf(worktrees(world.clone), 4)
        const locked = yield* Effect.flip(acquire(world.repository, BeadsId.make("bd-locked"))).pipe(
          Effect.provide(layer)
        )
        assert.strictEqual(locked.blame, "issue")
        assert.lengthOf(worktrees(world.clone), 4)
      })
  )

  it.scopedLive("a listed worktree with an empty directory: makes a new one", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const at = path.join(world.root, id, "app")
      git(world.clone, "worktree", "add", "--quiet", "-b", "x", at)
      fs.rmSync(at, { recursive: true })
      fs.mkdirSync(at)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.isFalse(workspace.reused)
      assert.strictEqual(git(at, "branch", "--show-current"), `nightly-dispatch/${id}`)
    })
  )

  it.scopedLive("a worktree that a killed git did not complete: makes a new one", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const at = path.join(world.root, id, "app")
      git(world.clone, "worktree", "add", "--quiet", "--no-checkout", "-b", `nightly-dispatch/${id}`, at)
      git(world.clone, "worktree", "lock", "--reason", "initializing", at)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.isFalse(workspace.reused)
      assert.isTrue(exists(path.join(at, "file.txt")))
    })
  )

  it.scopedLive("a worktree with work: reuses it as it is", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const layer = layerAt(world.root)
      yield* visit(world.repository, (at) => {
        commit(at, "half.txt")
        fs.writeFileSync(path.join(at, "file.txt"), "changed\n")
      }).pipe(Effect.provide(layer))
      const again = yield* Effect.scoped(acquire(world.repository)).pipe(Effect.provide(layer))
      assert.isTrue(again.reused)
      assert.strictEqual(again.base, world.first)
      assert.strictEqual(again.branch, `nightly-dispatch/${id}`)
      assert.strictEqual(fs.readFileSync(path.join(again.path, "file.txt"), "utf8"), "changed\n")
    })
  )

  it.scopedLive("a worktree without its .git file: fails and changes nothing", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const layer = layerAt(world.root)
      const { path: at } = yield* visit(world.repository, (at) => fs.writeFileSync(path.join(at, "new.txt"), "")).pipe(
        Effect.provide(layer)
      )
      fs.rmSync(path.join(at, ".git"))
      const failure = yield* Effect.flip(acquire(world.repository)).pipe(Effect.provide(layer))
      assert.match(failure.message, /is damaged\. Move it away, then run: git -C .* worktree prune/)
      assert.strictEqual(failure.blame, "issue")
      assert.isTrue(exists(path.join(at, "new.txt")))
    })
  )

  const planted = (name: string, plant: (root: string, elsewhere: string) => void, message: RegExp) =>
    it.scopedLive(`${name}: fails and writes nothing there`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const elsewhere = path.join(world.base, "elsewhere")
        fs.mkdirSync(world.root)
        fs.mkdirSync(elsewhere)
        plant(world.root, elsewhere)
        const failure = yield* Effect.flip(acquire(world.repository)).pipe(Effect.provide(layerAt(world.root)))
        assert.match(failure.detail, message)
        assert.strictEqual(failure.blame, "issue")
        assert.isEmpty(fs.readdirSync(elsewhere))
        assert.lengthOf(worktrees(world.clone), 1)
        assert.deepStrictEqual(branches(world.clone), ["main"])
      })
    )

  planted(
    "a link instead of the bug's directory",
    (root, to) => fs.symlinkSync(to, path.join(root, id)),
    /symbolic link/
  )
  planted(
    "a link instead of the worktree",
    (root, to) => {
      fs.mkdirSync(path.join(root, id))
      fs.symlinkSync(to, path.join(root, id, "app"))
    },
    /symbolic link/
  )
  planted(
    "a file instead of the bug's directory",
    (root) => fs.writeFileSync(path.join(root, id), ""),
    /is not a directory/
  )
  planted(
    "a directory that is no worktree",
    (root) => fs.mkdirSync(path.join(root, id, "app/photos"), { recursive: true }),
    /exists and is not a worktree of/
  )
  if (process.getuid?.() === 0) {
    planted(
      "a directory of another user",
      (root) => {
        fs.mkdirSync(path.join(root, id))
        fs.chownSync(path.join(root, id), 12345, 12345)
      },
      /belongs to another user/
    )
  }

  it.scopedLive("the bug's branch checked out elsewhere: fails with the blame `issue` and leaves nothing", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "checkout", "--quiet", "-b", `nightly-dispatch/${id}`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(
        Effect.provide(layerAt(world.root))
      )
      assert.strictEqual(failure.blame, "issue")
      assert.isFalse(exists(path.join(world.root, id)))
    })
  )

  it.scopedLive("a root that is a link: uses its target", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      fs.mkdirSync(path.join(world.base, "disk2"))
      fs.symlinkSync(path.join(world.base, "disk2"), world.root)
      const layer = layerAt(world.root)
      const workspace = yield* visit(world.repository, () => undefined).pipe(Effect.provide(layer))
      assert.strictEqual(workspace.path, path.join(world.root, id, "app"), "the path as the operator configured it")
      assert.isEmpty(fs.readdirSync(path.join(world.base, "disk2")))
    })
  )
})

describe("GitWorktrees: roll back", () => {
  it.scopedLive("removes an unused worktree with its branch and its directory", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      yield* visit(world.repository, (at) => assert.isTrue(exists(at))).pipe(Effect.provide(layerAt(world.root)))
      assert.isFalse(exists(path.join(world.root, id)))
      assert.lengthOf(worktrees(world.clone), 1)
      assert.deepStrictEqual(branches(world.clone), ["main"])
    })
  )

  const survives = (name: string, work: (at: string) => void) =>
    it.scopedLive(`${name}: the worktree stays, and a log line names it`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const [workspace, log] = yield* logged(visit(world.repository, work).pipe(Effect.provide(layerAt(world.root))))
        assert.isTrue(exists(path.join(workspace.path, ".git")))
        assert.include(branches(world.clone), workspace.branch)
        assert.include(log.join("\n"), `INFO worktree ${workspace.path} stays: it holds`)
      })
    )

  survives("a changed file", (at) => fs.appendFileSync(path.join(at, "file.txt"), "more\n"))
  survives("a staged file", (at) => {
    fs.writeFileSync(path.join(at, "new.txt"), "")
    git(at, "add", "new.txt")
  })
  survives("an untracked file", (at) => {
    fs.mkdirSync(path.join(at, "deep/er"), { recursive: true })
    fs.writeFileSync(path.join(at, "deep/er/new.txt"), "")
  })
  survives("a commit", (at) => void commit(at, "fix.txt"))
  survives("a commit that is on its branch but no longer below HEAD", (at) => {
    commit(at, "fix.txt")
    git(at, "checkout", "--quiet", "--detach", "HEAD~1")
  })

  it.scopedLive("ignored files do not count as work", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const { path: at } = yield* visit(world.repository, (at) => {
        fs.mkdirSync(path.join(at, "ignored"))
        fs.writeFileSync(path.join(at, "ignored/cache"), "")
      }).pipe(Effect.provide(layerAt(world.root)))
      assert.isFalse(exists(at))
    })
  )

  it.scopedLive("the directory is missing: does not fail, and removes git's entry", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      yield* visit(world.repository, (at) => fs.rmSync(at, { recursive: true })).pipe(
        Effect.provide(layerAt(world.root))
      )
      assert.lengthOf(worktrees(world.clone), 1)
      assert.deepStrictEqual(branches(world.clone), ["main"])
    })
  )

  const ALLOWED = { allowFilters: ["slow"] }
  /** Checking out the worktree takes a minute. */
  const slowWorld = Effect.map(clonedRepository, (world) => {
    fs.writeFileSync(path.join(world.other, ".gitattributes"), "file.txt filter=slow\n")
    pushFiles(world)
    git(world.clone, "config", "filter.slow.smudge", "sleep 61; cat")
    return world
  })
  const nothingLeft = (world: { readonly root: string; readonly clone: string }) => {
    assert.isFalse(exists(path.join(world.root, id)))
    assert.lengthOf(worktrees(world.clone), 1)
    assert.deepStrictEqual(branches(world.clone), ["main"])
  }

  const isCheckingOut = (root: string) =>
    eventually(
      Effect.sync(() => exists(path.join(root, id, "app/.git"))),
      (there) => there
    )

  it.scopedLive("git is killed during the checkout: removes everything", () =>
    Effect.gen(function* () {
      const world = yield* slowWorld
      const fiber = yield* Effect.fork(
        Effect.flip(Effect.scoped(acquire(world.repository))).pipe(Effect.provide(layerAt(world.root, ALLOWED)))
      )
      assert.isTrue(yield* isCheckingOut(world.root), "git is checking out")
      for (const pid of running("worktree add", world.root)) process.kill(pid, "SIGKILL")
      const failure = yield* Fiber.join(fiber)
      assert.strictEqual(failure.detail, "ended by SIGKILL")
      assert.strictEqual(failure.blame, "issue")
      nothingLeft(world)
    })
  )

  it.scopedLive("interrupted during the checkout: removes everything", () =>
    Effect.gen(function* () {
      const world = yield* slowWorld
      const fiber = yield* Effect.fork(
        Effect.scoped(acquire(world.repository)).pipe(Effect.provide(layerAt(world.root, ALLOWED)))
      )
      assert.isTrue(yield* isCheckingOut(world.root), "git is checking out")
      const [duration] = yield* Effect.timed(Fiber.interrupt(fiber))
      assert.isBelow(Duration.toMillis(duration), 5000)
      nothingLeft(world)
    })
  )

  it.scopedLive("not ready in time: fails and removes everything", () =>
    Effect.gen(function* () {
      const world = yield* slowWorld
      const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(
        Effect.provide(layerAt(world.root, { timeout: "3 seconds", ...ALLOWED }))
      )
      assert.match(failure.message, /^worktree: (not ready|git: no end) within 3/)
      assert.deepInclude(failure, { kind: "timeout", blame: "issue" })
      nothingLeft(world)
    })
  )
})

describe("GitWorktrees: beside other processes", () => {
  it.scopedLive("two layers, as in two processes, make six worktrees at the same time", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const head = pushedByOthers(world)
      const layers = [layerAt(world.root), layerAt(world.root)]
      const scope = yield* Scope.make()
      const all = yield* Effect.forEach(
        Array.from({ length: 6 }, (_, index) => index),
        (index) =>
          acquire(world.repository, BeadsId.make(`bd-par.${index}`)).pipe(
            Effect.provide(layers[index % 2]!),
            Scope.extend(scope)
          ),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(all.map((workspace) => workspace.path)).size, 6)
      for (const workspace of all) assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), head)
      yield* Scope.close(scope, Exit.void)
      assert.lengthOf(worktrees(world.clone), 1)
      assert.deepStrictEqual(branches(world.clone), ["main"])
      assert.isEmpty(fs.readdirSync(world.root))
    })
  )

  it.scopedLive("waits for the lock of another git process", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const lock = path.join(world.clone, `.git/refs/heads/nightly-dispatch/${id}.lock`)
      fs.mkdirSync(path.dirname(lock), { recursive: true })
      fs.writeFileSync(lock, "")
      const isAdding = Effect.sync(() => exists(path.join(world.root, id, "app")))
      yield* eventually(isAdding, (adding) => adding).pipe(
        Effect.andThen(
          Effect.delay(
            Effect.sync(() => fs.rmSync(lock)),
            "400 millis"
          )
        ),
        Effect.forkScoped
      )
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.isFalse(exists(lock))
      assert.isTrue(exists(workspace.path))
    })
  )

  it.scopedLive("ids that git forbids in a branch name get a branch each", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const layer = layerAt(world.root)
      const ids = ["bd-a.1.2", "bd-a..b", "bd-a.lock", "bd-a.", "bd-a..", "prime-radiant-7f3.1"].map((id) =>
        BeadsId.make(id)
      )
      const all = yield* Effect.forEach(ids, (beads) => acquire(world.repository, beads)).pipe(Effect.provide(layer))
      assert.strictEqual(new Set(all.map((workspace) => workspace.branch)).size, ids.length)
      for (const workspace of all) assert.strictEqual(git(workspace.path, "branch", "--show-current"), workspace.branch)
      assert.strictEqual(all[0]?.branch, "nightly-dispatch/bd-a.1.2")
    })
  )

  it.scopedLive("runs no hook of the repository, and ignores GIT_ variables of a hook", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const hook = path.join(world.clone, ".git/hooks/post-checkout")
      fs.mkdirSync(path.dirname(hook), { recursive: true })
      fs.writeFileSync(hook, "#!/bin/sh\ntouch hook-ran\n", { mode: 0o755 })
      const misleading = { GIT_DIR: world.remote, GIT_WORK_TREE: "/", GIT_INDEX_FILE: "/nonexistent/index" }
      Object.assign(process.env, misleading)
      const workspace = yield* acquire(world.repository).pipe(
        Effect.provide(layerAt(world.root)),
        Effect.ensuring(
          Effect.sync(() => {
            for (const name of Object.keys(misleading)) delete process.env[name]
          })
        )
      )
      assert.isTrue(exists(path.join(workspace.path, "file.txt")))
      assert.isFalse(exists(path.join(workspace.path, "hook-ran")))
      assert.deepStrictEqual(worktrees(world.clone), [world.clone, workspace.path])
    })
  )
})
