import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Repository } from "../../../src/domain/Repository.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import {
  branches,
  clonedRepository,
  commit,
  directory,
  exists,
  git,
  pushFiles,
  removeTemplate,
  worktrees
} from "../repositories.ts"
import { check, id, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

/** Checks the repository, hands a worktree out, lets `job` work in it, and discards it. */
const dispatched = (repository: Repository, root: string, job: (at: string) => void = () => {}) =>
  Effect.gen(function* () {
    const workspaces = yield* Workspaces
    yield* check(repository)
    const workspace = yield* Effect.scoped(Effect.tap(workspaces.acquire(id, repository), workspaces.keep))
    job(workspace.path)
    return yield* workspaces.discard(id, repository, workspace)
  }).pipe(Effect.provide(layerAt(root)))

const REMOVED = { _tag: "Removed" } as const
const CHANGES = { _tag: "Work", holds: "changes that are not committed", commits: 0 } as const

describe("a sparse checkout", () => {
  for (const cone of [true, false]) {
    it.scopedLive(`${cone ? "in cone mode" : "by patterns"}: files that are not checked out are no change`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        for (const name of ["in", "out"]) {
          fs.mkdirSync(path.join(world.other, name))
          fs.writeFileSync(path.join(world.other, name, "a.txt"), "x\n")
        }
        pushFiles(world)
        git(world.clone, "pull", "--quiet")
        const patterns = cone ? ["--cone", "in"] : ["--no-cone", "/*", "!/out/"]
        git(world.clone, "sparse-checkout", "set", ...patterns)
        const sparse = (at: string) => git(at, "sparse-checkout", "set", ...patterns)
        const found = yield* dispatched(world.repository, world.root, (at) => {
          sparse(at)
          assert.isFalse(exists(path.join(at, "out/a.txt")))
        })
        assert.deepStrictEqual(found, REMOVED)
        const changed = yield* dispatched(world.repository, world.root, (at) => {
          sparse(at)
          fs.appendFileSync(path.join(at, "in/a.txt"), "more\n")
        })
        assert.deepStrictEqual(changed, CHANGES)
      })
    )
  }
})

describe("worktrees below the repository itself", () => {
  it.scopedLive("are made, compared and removed, and `check` leaves nothing", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const root = path.join(world.clone, ".agents")
      assert.deepStrictEqual(yield* dispatched(world.repository, root), REMOVED)
      assert.strictEqual(git(world.clone, "status", "--porcelain"), "")
      const found = yield* dispatched(world.repository, root, (at) => fs.writeFileSync(path.join(at, "a"), ""))
      assert.deepStrictEqual(found, CHANGES)
      git(world.clone, "add", "--all")
      assert.strictEqual(git(world.clone, "status", "--porcelain"), "", "not even the worktree that holds work")
    })
  )
})

describe("another worktree whose path looks like an entry of git's list", () => {
  it.scopedLive("is not taken for the bug's worktree, nor for a lock of it", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const at = path.join(world.root, id, "app")
      const forged = path.join(world.base, `x\n\nworktree ${at}\nHEAD 1\nlocked forged`)
      fs.mkdirSync(path.dirname(forged), { recursive: true })
      git(world.clone, "worktree", "add", "--quiet", "--detach", forged)
      assert.deepStrictEqual(yield* dispatched(world.repository, world.root), REMOVED)
    })
  )
})

describe("a repository with SHA-256", () => {
  it.scopedLive("works like any other", () =>
    Effect.gen(function* () {
      const base = yield* directory
      git(base, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", "app")
      const repository = { name: "app", path: path.join(base, "app") }
      const first = commit(repository.path)
      assert.lengthOf(first, 64)
      const root = path.join(base, "agents")
      assert.deepStrictEqual(yield* dispatched(repository, root), REMOVED)
      assert.deepStrictEqual(branches(repository.path), ["main"])
      const found = yield* dispatched(repository, root, (at) => void commit(at, "fix.txt"))
      assert.deepStrictEqual(found, { _tag: "Work", holds: "commits", commits: 1 })
    })
  )
})

describe("settings of the repository that hide changes", () => {
  for (const settings of [
    ["core.fsmonitor", "true"],
    ["core.untrackedCache", "true"],
    ["status.renames", "copies"]
  ]) {
    it.scopedLive(settings.join(" "), () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        git(world.clone, "config", ...(settings as [string, string]))
        assert.deepStrictEqual(yield* dispatched(world.repository, world.root), REMOVED)
        const moved = yield* dispatched(world.repository, world.root, (at) => git(at, "mv", "file.txt", "moved.txt"))
        assert.deepStrictEqual(moved, CHANGES)
        assert.lengthOf(worktrees(world.clone), 2)
      })
    )
  }
})

describe("a directory that git cannot read", () => {
  it.scopedLive("may hold work: says Unknown", (context) =>
    Effect.gen(function* () {
      // Root can read everything.
      if (process.getuid?.() === 0) return context.skip()
      const world = yield* clonedRepository
      const found = yield* dispatched(world.repository, world.root, (at) =>
        fs.mkdirSync(path.join(at, "secret"), { mode: 0 })
      )
      assert(found._tag === "Unknown", found._tag)
      assert.match(found.why, /could not open directory/)
    })
  )
})
