import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { eventually } from "../../contract/support.ts"
import {
  branches,
  clonedRepository,
  commit,
  exists,
  git,
  removeTemplate,
  worktrees,
  type World
} from "../repositories.ts"
import { check, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

const nothingLeft = ({ base, clone }: World) => {
  assert.lengthOf(worktrees(clone), 1)
  assert.deepStrictEqual(branches(clone), ["main"])
  assert.deepStrictEqual(fs.readdirSync(base).toSorted(), ["app", "remote.git", "seed"])
}

/** Checking out a worktree takes a minute. */
const slowly = { allowFilters: ["slow"] }
const makeSlow = ({ clone }: World) => {
  fs.writeFileSync(path.join(clone, ".gitattributes"), "file.txt filter=slow\n")
  commit(clone, "other.txt")
  git(clone, "remote", "remove", "origin")
  git(clone, "config", "filter.slow.smudge", "sleep 61; cat")
}

const trialsBelow = (root: string) => (exists(root) ? fs.readdirSync(root).filter((name) => name.startsWith("+")) : [])

/** The name of this process's trial, taken while its checkout waits. The trial is interrupted. */
const interruptedTrial = Effect.fnUntraced(function* (world: World, root: string) {
  const fiber = yield* Effect.fork(check(world.repository).pipe(Effect.provide(layerAt(root, slowly))))
  const [name = ""] = yield* eventually(
    Effect.sync(() => trialsBelow(root)),
    ([name]) => name !== undefined && exists(path.join(root, name, "app/.git"))
  )
  yield* Fiber.interrupt(fiber)
  return name
})

describe("GitWorktrees: check makes and removes a trial worktree", () => {
  it.scopedLive("and leaves nothing, not even the root that was missing", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      yield* check(world.repository).pipe(Effect.provide(layerAt(path.join(world.base, "not/yet/agents"))))
      nothingLeft(world)
    })
  )

  it.scopedLive("and leaves nothing when it is interrupted", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      makeSlow(world)
      const name = yield* interruptedTrial(world, world.root)
      assert.match(name, /^\+check-[0-9a-f]{8}-\d+-[0-9a-f]{8}$/)
      nothingLeft(world)
    })
  )

  it.scopedLive("at the same time in two layers, as in one process with two of them", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const one = check(world.repository).pipe(Effect.provide(layerAt(world.root)))
      yield* Effect.all([one, one, one], { concurrency: "unbounded" })
      nothingLeft(world)
    })
  )

  it.scopedLive("removes what the trial of a killed process left, and nothing of one that may run", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      makeSlow(world)
      const own = yield* interruptedTrial(world, world.root)
      git(world.clone, "config", "filter.slow.smudge", "cat")
      const [place = ""] = /\+check-[0-9a-f]{8}/.exec(own) ?? []
      const leave = (name: string) => {
        const at = path.join(world.root, name, "app")
        git(world.clone, "worktree", "add", "--quiet", "-b", `nightly-dispatch/${name}`, at)
        return name
      }
      const dead = leave(`${place}-4194999-0123abcd`)
      const half = leave(`${place}-4194998-0123abcd`)
      fs.rmSync(path.join(world.root, half, "app/.git"))
      git(world.clone, "branch", `nightly-dispatch/${place}-4194997-0123abcd`)
      fs.mkdirSync(path.join(world.root, `${place}-4194996-0123abcd`, "app"), { recursive: true })
      const another = own.replace(place, "+check-00000001")
      leave(another)
      const old = leave(own.replace(place, "+check-00000002"))
      fs.utimesSync(path.join(world.root, old), new Date(0), new Date(0))
      assert.lengthOf(worktrees(world.clone), 5, `${dead} and the others`)
      yield* check(world.repository).pipe(Effect.provide(layerAt(world.root, slowly)))
      assert.deepStrictEqual(trialsBelow(world.root), [another])
      assert.deepStrictEqual(branches(world.clone), ["main", `nightly-dispatch/${another}`])
      assert.lengthOf(worktrees(world.clone), 2)
    })
  )
})

describe("GitWorktrees: the trial worktree finds", () => {
  it.scopedLive("a branch that excludes the branches of all bugs", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "branch", "nightly-dispatch")
      const failure = yield* Effect.flip(check(world.repository)).pipe(Effect.provide(layerAt(world.root)))
      assert.deepInclude(failure, { kind: "branch_name", blame: "config" })
      assert.match(failure.message, /Rename it: git branch -m nightly-dispatch OTHER/)
      assert.isFalse(exists(world.root))
    })
  )

  it.scopedLive("a git-lfs that is configured and missing", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      fs.writeFileSync(path.join(world.clone, ".gitattributes"), "*.bin filter=lfs\n")
      commit(world.clone, "large.bin")
      git(world.clone, "remote", "remove", "origin")
      for (const [key, value] of [
        ["clean", "git-lfs clean -- %f"],
        ["smudge", "git-lfs smudge -- %f"],
        ["required", "true"]
      ] as const)
        git(world.clone, "config", `filter.lfs.${key}`, value)
      const failure = yield* Effect.flip(check(world.repository)).pipe(Effect.provide(layerAt(world.root)))
      assert.deepInclude(failure, { kind: "filter_missing", blame: "config" })
      assert.match(failure.message, /Install git-lfs/)
      assert.lengthOf(worktrees(world.clone), 1)
      assert.deepStrictEqual(branches(world.clone), ["main"])
      assert.isFalse(exists(world.root))
    })
  )

  it.scopedLive("a git-lfs that is not set up at all, although files are in it", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      fs.writeFileSync(path.join(world.clone, ".gitattributes"), "*.bin filter=lfs\n")
      commit(world.clone, "readme.txt")
      git(world.clone, "remote", "remove", "origin")
      yield* Effect.provide(check(world.repository), layerAt(world.root))
      commit(world.clone, "large.bin")
      const failure = yield* Effect.flip(check(world.repository)).pipe(Effect.provide(layerAt(world.root)))
      assert.deepInclude(failure, { kind: "filter_missing", blame: "config" })
      assert.match(failure.message, /large\.bin is kept by git-lfs, .* run: git lfs install/)
      git(world.clone, "config", "filter.lfs.smudge", "cat")
      yield* Effect.provide(check(world.repository), layerAt(world.root))
      assert.lengthOf(worktrees(world.clone), 1)
    })
  )

  it.scopedLive(
    "any other failure of git, which every bug would meet: the host's, although a bug would be suspected",
    () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        fs.writeFileSync(path.join(world.clone, ".git/worktrees"), "no directory")
        const failure = yield* Effect.flip(check(world.repository)).pipe(Effect.provide(layerAt(world.root)))
        assert.strictEqual(failure.blame, "host")
        assert.match(failure.detail, /^no worktree can be made from \S+app: /)
      })
  )
})
