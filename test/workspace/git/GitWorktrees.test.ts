import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Repository } from "../../../src/domain/Repository.ts"
import { workspaceContract } from "../../contract/workspaceContract.ts"
import {
  clonedRepository,
  commit,
  directory,
  exists,
  git,
  logged,
  pushedByOthers,
  removeTemplate
} from "../repositories.ts"
import { acquire, check, id, layerAt, silenceRemote, visit } from "./gitWorld.ts"

afterAll(removeTemplate)

workspaceContract(
  "GitWorktrees",
  Effect.gen(function* () {
    const { base, repository, root } = yield* clonedRepository
    fs.mkdirSync(path.join(base, "plain"))
    return {
      layer: layerAt(root),
      repository,
      unusable: { name: "plain", path: path.join(base, "plain") },
      exists: (path: string) => Effect.sync(() => exists(path)),
      leaveFile: (at: string) => Effect.sync(() => fs.writeFileSync(path.join(at, "notes.txt"), "x")),
      commit: (at: string) => Effect.sync(() => void commit(at, "fix.txt"))
    }
  })
)

describe("GitWorktrees: check fails for", () => {
  const refused = (name: string, make: (base: string) => Repository, message: RegExp, base?: string) =>
    it.scopedLive(name, () =>
      Effect.gen(function* () {
        const at = yield* directory
        const repository = make(at)
        const layer = layerAt(path.join(at, "agents"), base === undefined ? {} : { base })
        const failure = yield* Effect.flip(check(repository)).pipe(Effect.provide(layer))
        assert.match(failure.detail, message)
        assert.strictEqual(failure.blame, "config")
        const late = yield* Effect.flip(acquire(repository)).pipe(Effect.provide(layer))
        assert.strictEqual(late.blame, "config")
        assert.isFalse(exists(path.join(at, "agents", id)), "nothing is left")
      })
    )

  const made = (at: string, ...init: ReadonlyArray<string>): string => {
    const repo = path.join(at, "app")
    fs.mkdirSync(repo)
    git(repo, "init", "--quiet", ...init)
    return repo
  }

  refused("a missing directory", (at) => ({ name: "app", path: path.join(at, "app") }), /app/)
  refused(
    "a plain directory",
    (at) => (fs.mkdirSync(path.join(at, "app")), { name: "app", path: path.join(at, "app") }),
    /app is not a git repository$/
  )
  refused(
    "a directory inside of another repository",
    (at) => {
      const repo = made(at)
      commit(repo)
      fs.mkdirSync(path.join(repo, "sub"))
      return { name: "sub", path: path.join(repo, "sub") }
    },
    /is not a git repository, it is a directory in one/
  )
  refused("a repository without a commit", (at) => ({ name: "app", path: made(at) }), /has no commit to start from/)
  refused(
    "a base that does not exist",
    (at) => {
      const repo = made(at)
      commit(repo)
      return { name: "app", path: repo }
    },
    /no branch or commit release/,
    "release"
  )
  refused(
    "a repository name that is a path",
    (at) => {
      const repo = made(at)
      commit(repo)
      return { name: "../app", path: repo }
    },
    /cannot be the name of a directory/
  )

  it.scopedLive("a root that cannot be made", () =>
    Effect.gen(function* () {
      const { base, repository } = yield* clonedRepository
      fs.writeFileSync(path.join(base, "taken"), "")
      const failure = yield* Effect.flip(check(repository)).pipe(
        Effect.provide(layerAt(path.join(base, "taken/agents")))
      )
      assert.match(failure.message, /^worktree: cannot use .*taken\/agents: /)
      assert.strictEqual(failure.blame, "config")
    })
  )

  it.scopedLive("a world-writable root, unless it has the sticky bit", () =>
    Effect.gen(function* () {
      const { repository, root } = yield* clonedRepository
      fs.mkdirSync(root)
      fs.chmodSync(root, 0o777)
      const failure = yield* Effect.flip(check(repository)).pipe(Effect.provide(layerAt(root)))
      assert.match(failure.next ?? "", /chmod o-w/)
      fs.chmodSync(root, 0o1777)
      yield* check(repository).pipe(Effect.provide(layerAt(root)))
    })
  )
})

describe("GitWorktrees: the base of the work", () => {
  it.scopedLive("is the head of the remote's default branch, although the clone is behind", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const head = pushedByOthers(world)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), head)
      assert.strictEqual(workspace.base, head)
      assert.strictEqual(workspace.path, path.join(world.root, id, "app"))
      assert.strictEqual(workspace.branch, `nightly-dispatch/${id}`)
      assert.strictEqual(git(workspace.path, "branch", "--show-current"), workspace.branch)
      assert.strictEqual(git(world.clone, "rev-parse", "HEAD"), world.first, "the clone is unchanged")
    })
  )

  it.scopedLive("is the remote's default branch, although it was renamed after the clone was made", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const head = pushedByOthers(world, "trunk")
      git(world.remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
      git(world.remote, "branch", "-D", "main")
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(workspace.base, head)
    })
  )

  for (const base of ["release", "origin/release"]) {
    it.scopedLive(`is ${base}, which only the remote has`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const head = pushedByOthers(world, "release")
        const layer = layerAt(world.root, { base })
        yield* check(world.repository).pipe(Effect.provide(layer))
        const workspace = yield* acquire(world.repository).pipe(Effect.provide(layer))
        assert.strictEqual(workspace.base, head)
      })
    )
  }

  it.scopedLive("is a commit in the settings, without a fetch", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      pushedByOthers(world)
      const layer = layerAt(world.root, { base: world.first })
      const [workspace, log] = yield* logged(acquire(world.repository).pipe(Effect.provide(layer)))
      assert.strictEqual(workspace.base, world.first)
      assert.isEmpty(log)
    })
  )

  it.scopedLive("is the clone's commit, with a warning, if the remote is gone", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      fs.rmSync(world.remote, { recursive: true })
      const [workspace, log] = yield* logged(acquire(world.repository).pipe(Effect.provide(layerAt(world.root))))
      assert.strictEqual(workspace.base, world.first)
      assert.strictEqual(log.length, 1)
      assert.match(
        log[0]!,
        /^WARN worktree: cannot fetch the default branch from origin: .*; starting from the last commit that/
      )
    })
  )

  it.scopedLive(
    "is the clone's commit after half of the time if the remote never answers; no process stays",
    () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const waiting = silenceRemote(world.clone)
        const [[duration, workspace], log] = yield* logged(
          Effect.timed(acquire(world.repository).pipe(Effect.provide(layerAt(world.root, { timeout: "6 seconds" }))))
        )
        assert.strictEqual(workspace.base, world.first)
        assert.isBelow(Duration.toMillis(duration), 6000)
        assert.match(log.join("\n"), /no answer within 3s/)
        assert.isEmpty(waiting())
      }),
    20_000
  )

  it.scopedLive("is the repository's HEAD if there is no remote", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "remote", "remove", "origin")
      const head = commit(world.clone, "local.txt")
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(workspace.base, head)
    })
  )

  it.scopedLive("moves a branch without commits of an earlier attempt", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "branch", `nightly-dispatch/${id}`)
      const head = pushedByOthers(world)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), head)
      assert.strictEqual(workspace.base, head)
    })
  )

  it.scopedLive("stays for a branch with commits, which is continued and outlives an attempt that adds none", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const layer = layerAt(world.root)
      const branch = `nightly-dispatch/${id}`
      git(world.clone, "checkout", "--quiet", "-b", branch)
      const done = commit(world.clone, "half.txt")
      git(world.clone, "checkout", "--quiet", "main")
      pushedByOthers(world)
      yield* visit(world.repository, (at) => assert.strictEqual(git(at, "rev-parse", "HEAD"), done)).pipe(
        Effect.tap((workspace) => assert.strictEqual(workspace.base, world.first)),
        Effect.provide(layer)
      )
      assert.strictEqual(git(world.clone, "rev-parse", branch), done)
    })
  )
})
