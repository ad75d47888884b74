import { afterAll, assert, describe, it } from "@effect/vitest"
import { vi } from "vitest"
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

vi.setConfig({ testTimeout: 20_000 })

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

describe("GitWorktrees: what can be used", () => {
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
    "a name that leads elsewhere",
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

  it.scopedLive("a root whose entries everybody may exchange is refused, a sticky one is not", () =>
    Effect.gen(function* () {
      const { repository, root } = yield* clonedRepository
      fs.mkdirSync(root)
      fs.chmodSync(root, 0o777)
      const failure = yield* Effect.flip(check(repository)).pipe(Effect.provide(layerAt(root)))
      assert.match(failure.detail, /chmod o-w/)
      fs.chmodSync(root, 0o1777)
      yield* check(repository).pipe(Effect.provide(layerAt(root)))
    })
  )
})

describe("GitWorktrees: where the work starts", () => {
  it.scopedLive("the remote moved ahead: the worktree is at the remote's head", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const head = pushedByOthers(world)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), head)
      assert.strictEqual(workspace.base, head)
      assert.strictEqual(workspace.path, path.join(world.root, id, "app"))
      assert.strictEqual(workspace.branch, `nightly-dispatch/${id}`)
      assert.strictEqual(git(workspace.path, "branch", "--show-current"), workspace.branch)
      assert.strictEqual(git(world.clone, "rev-parse", "HEAD"), world.first, "the clone is left alone")
    })
  )

  it.scopedLive("the remote renamed its default branch since the clone was made", () =>
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
    it.scopedLive(`base ${base}, known to the remote only`, () =>
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

  it.scopedLive("base is a commit", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      pushedByOthers(world)
      const layer = layerAt(world.root, { base: world.first })
      const [workspace, log] = yield* logged(acquire(world.repository).pipe(Effect.provide(layer)))
      assert.strictEqual(workspace.base, world.first)
      assert.isEmpty(log)
    })
  )

  it.scopedLive("a remote that is gone: from what is known here, with a warning", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      fs.rmSync(world.remote, { recursive: true })
      const [workspace, log] = yield* logged(acquire(world.repository).pipe(Effect.provide(layerAt(world.root))))
      assert.strictEqual(workspace.base, world.first)
      assert.strictEqual(log.length, 1)
      assert.match(
        log[0]!,
        /^WARN worktree: cannot fetch the default branch from origin: .*; starting from what is known/
      )
    })
  )

  it.scopedLive(
    "a remote that never answers costs half of the time, and nothing of it is left running",
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

  it.scopedLive("without a remote: the repository's HEAD", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "remote", "remove", "origin")
      const head = commit(world.clone, "local.txt")
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(workspace.base, head)
    })
  )

  it.scopedLive("a branch that an earlier attempt left without commits starts from the new base", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "branch", `nightly-dispatch/${id}`)
      const head = pushedByOthers(world)
      const workspace = yield* acquire(world.repository).pipe(Effect.provide(layerAt(world.root)))
      assert.strictEqual(git(workspace.path, "rev-parse", "HEAD"), head)
      assert.strictEqual(workspace.base, head)
    })
  )

  it.scopedLive("a branch with commits is continued, and outlives the attempt that adds nothing", () =>
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
