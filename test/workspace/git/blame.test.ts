import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { meaningOf } from "../../../src/workspace/git/failure.ts"
import { branches, clonedRepository, commit, exists, git, logged, removeTemplate, worktrees } from "../repositories.ts"
import { acquire, check, id, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

const other = BeadsId.make("bd-other")

describe("GitWorktrees: a failure names its kind and whom to blame", () => {
  it.scopedLive("a stale lock on the bug's branch: that bug's; the message names the lock and its age", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const lock = path.join(world.clone, `.git/refs/heads/nightly-dispatch/${id}.lock`)
      fs.mkdirSync(path.dirname(lock), { recursive: true })
      fs.writeFileSync(lock, "")
      const made = Date.now() / 1000 - 7200
      fs.utimesSync(lock, made, made)
      const layer = layerAt(world.root)
      yield* check(world.repository).pipe(Effect.provide(layer))
      const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(Effect.provide(layer))
      assert.deepInclude(failure, { kind: "ref_locked", blame: "issue" })
      assert.match(failure.message, new RegExp(`lock file ${lock}, made 2h.* ago\\. .* run: rm ${lock}$`))
      assert.isTrue(exists(lock), "a lock may be another process's")
      assert.isFalse(exists(path.join(world.root, id)))
      yield* acquire(world.repository, other).pipe(Effect.provide(layer))
    })
  )

  it.scopedLive("the branch checked out by a person: that bug's; the message names the place", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const person = path.join(world.base, "person")
      git(world.clone, "worktree", "add", "--quiet", "-b", `nightly-dispatch/${id}`, person)
      const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(
        Effect.provide(layerAt(world.root))
      )
      assert.deepInclude(failure, { kind: "branch_in_use", blame: "issue" })
      assert.include(failure.detail, `is checked out at ${person}`)
      assert.isFalse(exists(path.join(world.root, id)))
    })
  )

  it.scopedLive("another branch below the bug's: that bug's", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "branch", `nightly-dispatch/${id}/more`)
      const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(
        Effect.provide(layerAt(world.root))
      )
      assert.deepInclude(failure, { kind: "branch_name", blame: "issue" })
    })
  )

  it.scopedLive("a branch that excludes those of all bugs: the repository's", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "branch", "nightly-dispatch")
      const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(
        Effect.provide(layerAt(world.root))
      )
      assert.deepInclude(failure, { kind: "branch_name", blame: "config" })
    })
  )

  for (const [message, kind, blame] of [
    ["error: unable to write file a: No space left on device", "no_room", "host"],
    ["fatal: could not create work tree dir '/agents/x': Read-only file system", "no_room", "host"],
    ["fatal: unable to create thread: Cannot allocate memory", "no_room", "host"],
    ["fatal: 'nightly-dispatch/bd-1' is already checked out at '/home/me/app'", "branch_in_use", "issue"],
    ["fatal: 'nightly-dispatch/bd-1' is already used by worktree at '/home/me/app'", "branch_in_use", "issue"],
    [
      "fatal: cannot force update the branch 'nightly-dispatch/bd-1' checked out at '/home/me'",
      "branch_in_use",
      "issue"
    ],
    ["fatal: cannot remove a locked working tree, lock reason: mine", "worktree_locked", "issue"],
    ["fatal: Unable to create '/r/.git/packed-refs.lock': File exists.", "locked", "issue"],
    ["error: could not lock config file .git/config: File exists", "locked", "issue"],
    [
      "git-lfs filter-process: 1: git-lfs: not found\nfatal: a.bin: smudge filter lfs failed",
      "filter_missing",
      "config"
    ],
    ["fatal: a.bin: smudge filter lfs failed", "filter_failed", "issue"],
    ["fatal: couldn't find remote ref master", "no_base", "config"],
    ["fatal: unable to access 'https://host/app.git/': Could not resolve host: host", "fetch_failed", "host"],
    ["fatal: '/agents/bd-1/app' already exists", "not_ours", "issue"],
    ["fatal: the disk is on strike", "other", "issue"]
  ] as const) {
    it(`${message.split("\n")[0]}: ${kind}, ${blame}`, () => {
      assert.deepInclude(meaningOf(message), { kind, blame })
    })
  }
})

describe("GitWorktrees: a locked worktree whose directory is gone", () => {
  const locked = (at: string, clone: string, ...what: ReadonlyArray<string>) => {
    const [first = "", ...rest] = what
    const args = first.startsWith("-") ? [...what, at] : [at, first, ...rest]
    git(clone, "worktree", "add", "--quiet", ...args)
    git(clone, "worktree", "lock", "--reason", "on a stick", at)
    fs.rmSync(at, { recursive: true })
  }

  it.scopedLive(
    "at the bug's own path, with its commits on a branch: git's entry is removed, and the work goes on",
    () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const at = path.join(world.root, id, "app")
        git(world.clone, "checkout", "--quiet", "-b", `nightly-dispatch/${id}`)
        const done = commit(world.clone, "half.txt")
        git(world.clone, "checkout", "--quiet", "main")
        locked(at, world.clone, `nightly-dispatch/${id}`)
        const [workspace, log] = yield* logged(acquire(world.repository).pipe(Effect.provide(layerAt(world.root))))
        assert.isFalse(workspace.reused)
        assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), done)
        assert.match(log.join("\n"), /WARN worktree \S+ was locked \(on a stick\), but its directory is gone: removed/)
      })
  )

  for (const [what, prepare] of [
    ["without a branch", (at: string, clone: string) => locked(at, clone, "--detach")],
    [
      "with an empty directory, which may be a disk that is not mounted",
      (at: string, clone: string) => {
        locked(at, clone, "-b", `nightly-dispatch/${id}`)
        fs.mkdirSync(at, { recursive: true })
      }
    ]
  ] as const) {
    it.scopedLive(`at the bug's own path, ${what}: stays, and the message says what to do`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const at = path.join(world.root, id, "app")
        prepare(at, world.clone)
        const failure = yield* Effect.flip(Effect.scoped(acquire(world.repository))).pipe(
          Effect.provide(layerAt(world.root))
        )
        assert.deepInclude(failure, { kind: "worktree_locked", blame: "issue" })
        assert.match(failure.message, /locked \(on a stick\).* run: git -C \S+ worktree remove -f -f \S+$/)
        assert.lengthOf(worktrees(world.clone), 2)
      })
    )
  }
})

describe("GitWorktrees: a remote that fails", () => {
  it.scopedLive("is asked once for all bugs of a run, and again in the next run", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      fs.renameSync(world.remote, `${world.remote}.away`)
      const runOf = (...ids: ReadonlyArray<string>) =>
        Effect.zipRight(
          check(world.repository),
          Effect.forEach(ids, (each) => acquire(world.repository, BeadsId.make(each)), { concurrency: "unbounded" })
        )
      const [logs, fresh] = yield* Effect.gen(function* () {
        const [, first] = yield* logged(runOf("bd-1", "bd-2", "bd-3"))
        const [, second] = yield* logged(runOf("bd-4", "bd-5"))
        fs.renameSync(`${world.remote}.away`, world.remote)
        const [[third]] = yield* logged(runOf("bd-6"))
        return [[first, second], third] as const
      }).pipe(Effect.provide(layerAt(world.root)))
      for (const log of logs) {
        assert.lengthOf(log, 1)
        assert.match(log[0] ?? "", /cannot fetch .* from origin: .*, for all bugs of this run$/)
      }
      assert.strictEqual(fresh?.base, world.first)
      assert.lengthOf(branches(world.clone), 7)
    })
  )
})
