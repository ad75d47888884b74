import * as FileSystem from "@effect/platform/FileSystem"
import { SystemError } from "@effect/platform/Error"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Workspace } from "../../../src/domain/Workspace.ts"
import * as GitWorktrees from "../../../src/workspace/git/GitWorktrees.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import {
  branches,
  clonedRepository,
  commit,
  exists,
  git,
  logged,
  pushFiles,
  removeTemplate,
  surroundings,
  worktrees,
  type World
} from "../repositories.ts"
import { id, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

type Call = "remove" | "rename"

/** The real files, but these calls fail while `broken` says so, as for a file of another user. `partly`: after half of the work. */
const layerWith = (root: string, calls: ReadonlyArray<Call>, broken: () => boolean = () => true) => {
  const denied = (method: string, path: string) =>
    new SystemError({
      reason: "PermissionDenied",
      module: "FileSystem",
      method,
      pathOrDescriptor: path,
      description: "Operation not permitted"
    })
  const failing = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (real) =>
      FileSystem.FileSystem.of({
        ...real,
        rename: (from, to) =>
          calls.includes("rename") && broken() ? Effect.fail(denied("rename", from)) : real.rename(from, to),
        remove: (at, options) =>
          calls.includes("remove") && broken()
            ? Effect.zipRight(
                real.remove(path.join(at, "file.txt"), { force: true }),
                Effect.fail(denied("remove", at))
              )
            : real.remove(at, options)
      })
    )
  ).pipe(Layer.provide(surroundings))
  return GitWorktrees.layer({ root, allowFilters: [], timeout: Duration.seconds(20) }).pipe(
    Layer.provide(failing),
    Layer.provide(surroundings)
  )
}

const acquired = (world: World) =>
  Effect.gen(function* () {
    const workspaces = yield* Workspaces
    return yield* Effect.scoped(Effect.tap(workspaces.acquire(id, world.repository), workspaces.keep))
  }).pipe(Effect.provide(layerAt(world.root)))

const discard = (world: World, workspace: Workspace, layer = layerAt(world.root)) =>
  Effect.flatMap(Workspaces, (workspaces) => workspaces.discard(id, world.repository, workspace)).pipe(
    Effect.provide(layer)
  )

const rests = ({ root }: World) => fs.readdirSync(path.join(root, id)).filter((name) => name.startsWith("+removed-"))

describe("a worktree whose files cannot be deleted", () => {
  it.scopedLive("leaves a rest that is named, is no worktree and no work, and goes with the next discard", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const workspace = yield* acquired(world)
      const [discarded, log] = yield* logged(discard(world, workspace, layerWith(world.root, ["remove"])))
      const [rest = ""] = rests(world)
      const at = path.join(world.root, id, rest)
      assert.deepStrictEqual(discarded, { _tag: "Left", why: `its rest ${at} cannot be removed` })
      assert.match(
        log.join("\n"),
        /WARN .*\+removed-app-[0-9a-f]{8} is the rest of .*Operation not permitted.* run: sudo rm -rf /
      )
      assert.isFalse(exists(workspace.path))
      assert.lengthOf(worktrees(world.clone), 1)
      assert.deepStrictEqual(branches(world.clone), ["main"])
      assert.isFalse(exists(path.join(at, "file.txt")), "it is half removed")
      const existing = Effect.flatMap(Workspaces, (workspaces) => workspaces.existing(world.repository))
      assert.deepStrictEqual(yield* Effect.provide(existing, layerAt(world.root)), [id], "pruning finds it")
      assert.deepStrictEqual(yield* discard(world, workspace), { _tag: "Gone" })
      assert.deepStrictEqual(fs.readdirSync(world.root), [])
    })
  )

  it.scopedLive("leaves a rest that does not hinder the next attempt, which removes it", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      yield* discard(world, yield* acquired(world), layerWith(world.root, ["remove"]))
      const workspace = yield* acquired(world)
      assert.isFalse(workspace.reused)
      assert.isEmpty(rests(world))
      assert.deepStrictEqual(yield* discard(world, workspace), { _tag: "Removed" })
    })
  )

  it.scopedLive("leaves rests of its own repository only", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const workspace = yield* acquired(world)
      const others = ["+removed-app-2-0a1b2c3d", "+removed-app-nohexnum", "app-0a1b2c3d"]
      for (const name of others) fs.mkdirSync(path.join(world.root, id, name))
      assert.deepStrictEqual(yield* discard(world, workspace), { _tag: "Removed" })
      assert.deepStrictEqual(fs.readdirSync(path.join(world.root, id)).toSorted(), others.toSorted())
    })
  )

  it.scopedLive("stays as it is if it cannot be renamed", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const workspace = yield* acquired(world)
      const discarded = yield* discard(world, workspace, layerWith(world.root, ["rename"]))
      assert(discarded._tag === "Left", discarded._tag)
      assert.match(discarded.why, /^cannot rename .*Operation not permitted/)
      assert.isTrue(exists(path.join(workspace.path, "file.txt")))
      assert.lengthOf(worktrees(world.clone), 2)
      assert.deepStrictEqual(yield* discard(world, workspace), { _tag: "Removed" })
    })
  )

  it.scopedLive("a rollback in the same run follows the same rules", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const acquire = Effect.flatMap(Workspaces, (workspaces) => workspaces.acquire(id, world.repository))
      const [, log] = yield* logged(Effect.scoped(acquire).pipe(Effect.provide(layerWith(world.root, ["remove"]))))
      assert.lengthOf(rests(world), 1)
      assert.include(log.join("\n"), "is the rest of a removed worktree")
      assert.deepStrictEqual(branches(world.clone), ["main"])
    })
  )

  it.scopedLive("a rollback leaves a worktree that a person has locked", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const visit = Effect.flatMap(Workspaces, (workspaces) => workspaces.acquire(id, world.repository)).pipe(
        Effect.tap(({ path }) => Effect.sync(() => git(world.clone, "worktree", "lock", path)))
      )
      const [workspace, log] = yield* logged(Effect.scoped(visit).pipe(Effect.provide(layerAt(world.root))))
      assert.isTrue(exists(path.join(workspace.path, "file.txt")))
      assert.include(log.join("\n"), "stays: it is locked")
    })
  )
})

describe("a crash in the middle of a removal", () => {
  /** What `discard` has done before each of its steps. */
  const crashes: Readonly<Record<string, (world: World) => void>> = {
    "after the rename": ({ root }) =>
      fs.renameSync(path.join(root, id, "app"), path.join(root, id, "+removed-app-0a1b2c3d")),
    "after git's entry was removed": ({ clone, root }) => {
      fs.renameSync(path.join(root, id, "app"), path.join(root, id, "+removed-app-0a1b2c3d"))
      git(clone, "worktree", "prune")
    },
    "with half of the files deleted": ({ clone, root }) => {
      fs.renameSync(path.join(root, id, "app"), path.join(root, id, "+removed-app-0a1b2c3d"))
      git(clone, "worktree", "prune")
      git(clone, "branch", "-D", `nightly-dispatch/${id}`)
      fs.rmSync(path.join(root, id, "+removed-app-0a1b2c3d/file.txt"))
    }
  }
  for (const [when, crash] of Object.entries(crashes)) {
    it.scopedLive(`${when}: the next discard says Gone and leaves nothing`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        const workspace = yield* acquired(world)
        crash(world)
        assert.deepStrictEqual(yield* discard(world, workspace), { _tag: "Gone" })
        assert.deepStrictEqual(fs.readdirSync(world.root), [])
        assert.deepStrictEqual([worktrees(world.clone).length, branches(world.clone)], [1, ["main"]])
      })
    )
    it.scopedLive(`${when}: the next attempt gets a new worktree`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        yield* acquired(world)
        crash(world)
        const workspace = yield* acquired(world)
        assert.isFalse(workspace.reused)
        assert.isEmpty(rests(world))
        assert.strictEqual(git(workspace.path, "status", "--porcelain"), "")
      })
    )
  }
})

describe("submodules", () => {
  const allow = ["-c", "protocol.file.allow=always"]
  const init = (at: string) => git(at, ...allow, "submodule", "--quiet", "update", "--init")

  /** The work starts from a commit with the submodules `sub` and `a b/[*]"`. */
  const withSubmodules = Effect.gen(function* () {
    const world = yield* clonedRepository
    for (const at of ["sub", 'a b/[*]"']) {
      git(world.other, ...allow, "submodule", "--quiet", "add", "--name", `n${at.length}`, world.remote, at)
    }
    pushFiles(world)
    return { world, workspace: yield* acquired(world) }
  })

  it.scopedLive("those that are not initialised are recorded at the hand-out", () =>
    Effect.gen(function* () {
      const { workspace, world } = yield* withSubmodules
      assert.deepStrictEqual([...(workspace.submodules ?? [])].toSorted(), ['a b/[*]"', "sub"])
      git(workspace.path, ...allow, "submodule", "--quiet", "update", "--init", "sub")
      assert.deepStrictEqual((yield* acquired(world)).submodules, ['a b/[*]"'])
      init(workspace.path)
      assert.isUndefined((yield* acquired(world)).submodules)
    })
  )

  it.scopedLive("initialised ones are no work: the worktree is removed with their clones", () =>
    Effect.gen(function* () {
      const { workspace, world } = yield* withSubmodules
      init(workspace.path)
      assert.deepStrictEqual(yield* discard(world, workspace), { _tag: "Removed" })
      assert.isFalse(exists(path.join(world.clone, ".git/worktrees")))
      assert.lengthOf(worktrees(world.clone), 1)
    })
  )

  for (const [what, work] of [
    ["a change in one", (sub: string) => fs.appendFileSync(path.join(sub, "file.txt"), "more\n")],
    ["an untracked file in one", (sub: string) => fs.writeFileSync(path.join(sub, "new.txt"), "x\n")],
    ["a commit in one", (sub: string) => void commit(sub, "fix.txt")]
  ] as const) {
    it.scopedLive(`${what} is work`, () =>
      Effect.gen(function* () {
        const { workspace, world } = yield* withSubmodules
        init(workspace.path)
        work(path.join(workspace.path, "sub"))
        const expected = { _tag: "Work", holds: "changes that are not committed", commits: 0 } as const
        assert.deepStrictEqual(yield* discard(world, workspace), expected)
      })
    )
  }
})
