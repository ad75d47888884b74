import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import * as GitKeptWork from "../../../src/workspace/kept/GitKeptWork.ts"
import { KeptWork } from "../../../src/workspace/KeptWork.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { layerAt } from "../git/gitWorld.ts"
import {
  branches,
  clonedRepository,
  commit,
  exists,
  git,
  removeTemplate,
  surroundings,
  type World
} from "../repositories.ts"

afterAll(removeTemplate)

const BRANCH = "nightly-dispatch/bd-1"
const ID = BeadsId.make("bd-1")

const layer = GitKeptWork.layer({ base: undefined, timeout: Duration.seconds(20), allowFilters: [] }).pipe(
  Layer.provide(surroundings)
)

/** A clone with the worktree of a bug, in which an agent has made a commit of this file. */
const kept = (file = "fix.txt", text = "fixed\n") =>
  Effect.map(clonedRepository, (world) => {
    const worktree = path.join(world.root, "bd-1", "app")
    git(world.clone, "worktree", "add", "--quiet", "-b", BRANCH, worktree)
    commit(worktree, file, text)
    return { ...world, worktree, kept: { clone: world.clone, branch: BRANCH, worktree } }
  })

const factsOf = (world: { readonly kept: Parameters<KeptWork["Type"]["facts"]>[0] }) =>
  Effect.flatMap(KeptWork, (work) => work.facts(world.kept)).pipe(Effect.provide(layer))

const become = ({ clone }: Pick<World, "clone">, ...names: ReadonlyArray<string>) =>
  Effect.flatMap(KeptWork, (work) => work.many(clone, names)).pipe(Effect.provide(layer))

const mergeOf = (world: { readonly kept: Parameters<KeptWork["Type"]["facts"]>[0] }) =>
  Effect.flatMap(KeptWork, (work) => work.merge(world.kept, "Merge it")).pipe(Effect.provide(layer))

/** Everything in the clone that a merge could change. */
const stateOf = ({ clone }: Pick<World, "clone">) => [
  git(clone, "rev-parse", "HEAD"),
  git(clone, "status", "--porcelain"),
  exists(path.join(clone, ".git/MERGE_HEAD"))
]

describe("GitKeptWork", () => {
  it.scoped("tells commits, lines and uncommitted files of a branch that waits", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      fs.writeFileSync(path.join(world.worktree, "new.txt"), "x\n")
      const { commits, ...facts } = yield* factsOf(world)
      assert.deepStrictEqual(
        commits?.map(({ subject }) => subject),
        ["change fix.txt"]
      )
      assert.deepInclude(facts, { branch: "exists", merged: "no", base: "origin/main", worktree: "there" })
      assert.deepInclude(facts, { files: 1, insertions: 1, deletions: 0, uncommitted: 1 })
    })
  )

  it.scoped("a rebased or squashed commit counts as merged, and so does one that only the clone's branch has", () =>
    Effect.gen(function* () {
      const picked = yield* kept()
      commit(picked.clone, "other.txt")
      git(picked.clone, "cherry-pick", BRANCH)
      assert.strictEqual((yield* factsOf(picked)).merged, "yes")
      assert.strictEqual((yield* become(picked, BRANCH)).get(BRANCH)?.merged, "yes")
      const local = yield* kept()
      git(local.clone, "merge", "--quiet", "--no-ff", BRANCH)
      assert.strictEqual((yield* factsOf(local)).merged, "yes")
    })
  )

  it.scoped(
    "tells a deleted branch, which counts as merged only if a merge commit names it, and a worktree that is gone",
    () =>
      Effect.gen(function* () {
        const world = yield* kept()
        git(world.clone, "merge", "--quiet", "--no-ff", BRANCH)
        git(world.clone, "worktree", "remove", world.worktree)
        git(world.clone, "branch", "-D", BRANCH)
        assert.deepInclude(yield* factsOf(world), { branch: "deleted", merged: "yes", worktree: "gone" })
        const found = yield* become(world, BRANCH, "nightly-dispatch/bd-12", "nightly-dispatch/bd")
        assert.deepStrictEqual(
          [...found.values()].map(({ branch, merged }) => `${branch} ${merged}`),
          ["deleted yes", "deleted unknown", "deleted unknown"]
        )
      })
  )

  it.scoped("what git cannot tell is unknown", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const { why, ...facts } = yield* factsOf({
        kept: { clone: "/nonexistent", branch: BRANCH, worktree: world.clone }
      })
      assert.deepInclude(facts, { branch: "unknown", merged: "unknown", commits: undefined, uncommitted: undefined })
      assert.isString(why)
      const strange = yield* factsOf({ kept: { clone: world.clone, branch: BRANCH, worktree: world.base } })
      assert.strictEqual(strange.worktree, "not ours")
    })
  )

  it.scoped("shows the diff with changes that are not committed and with new files", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      fs.writeFileSync(path.join(world.worktree, "file.txt"), "edited\n")
      fs.writeFileSync(path.join(world.worktree, "new.txt"), "brand new\n")
      const diff = yield* Effect.flatMap(KeptWork, (work) => work.diff(world.kept)).pipe(Effect.provide(layer))
      assert.include(diff.committed, "+fixed")
      assert.include(diff.uncommitted, "+edited")
      assert.include(diff.uncommitted, "+brand new")
      assert.isFalse(diff.isCut)
    })
  )

  it.scoped("names no pager of the repository's own settings", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      const own = { GIT_PAGER: undefined, PAGER: "mine" }
      const pager = Effect.flatMap(KeptWork, (work) => work.pager(world.clone, own)).pipe(Effect.provide(layer))
      for (const key of ["core.pager", "pager.diff"]) git(world.clone, "config", key, "evil")
      assert.strictEqual(yield* pager, "mine")
    })
  )

  it.scoped("merges with a merge commit, and finds it merged the second time", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      assert.deepStrictEqual(yield* mergeOf(world), { _tag: "Merged", into: "main" })
      assert.strictEqual(git(world.clone, "log", "-1", "--format=%s %P").split(" ").length, 4)
      assert.isTrue(exists(path.join(world.clone, "fix.txt")))
      assert.strictEqual((yield* mergeOf(world))._tag, "Already")
    })
  )

  it.scoped("undoes a merge with a conflict, and changes nothing", () =>
    Effect.gen(function* () {
      const world = yield* kept("file.txt", "theirs\n")
      commit(world.clone, "file.txt", "ours\n")
      const before = stateOf(world)
      assert.deepStrictEqual(yield* mergeOf(world), { _tag: "Conflict", into: "main", files: ["file.txt"] })
      assert.deepStrictEqual(stateOf(world), before)
    })
  )

  it.scoped("refuses a clone with changes, and one with another branch, and changes nothing", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      fs.writeFileSync(path.join(world.clone, "file.txt"), "mine\n")
      const dirty = stateOf(world)
      const refused = yield* mergeOf(world)
      assert.match(
        refused._tag === "Refused" ? refused.why : "",
        /not committed: file\.txt\. Commit them, or run: git -C /
      )
      assert.deepStrictEqual(stateOf(world), dirty)
      git(world.clone, "checkout", "--quiet", "--", "file.txt")
      git(world.clone, "switch", "--quiet", "-c", "feature")
      const elsewhere = yield* mergeOf(world)
      assert.match(
        elsewhere._tag === "Refused" ? elsewhere.why : "",
        /has feature checked out, and not main\. Run: git -C .* switch main$/
      )
    })
  )

  it.scoped("pushes only the base's branch", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      yield* mergeOf(world)
      const push = Effect.flatMap(KeptWork, (work) => work.push(world.clone, "origin")).pipe(Effect.provide(layer))
      assert.strictEqual(yield* push, "main")
      assert.strictEqual(git(world.remote, "rev-parse", "main"), git(world.clone, "rev-parse", "main"))
      assert.deepStrictEqual(branches(world.remote), ["main"])
    })
  )
})

describe("the removal of decided work", () => {
  const removal = (world: Effect.Effect.Success<ReturnType<typeof kept>>, tip: string) =>
    Effect.flatMap(Workspaces, (workspaces) =>
      workspaces.remove(
        ID,
        world.repository,
        new Workspace({ path: world.worktree, branch: BRANCH, base: world.first, reused: true }),
        tip
      )
    ).pipe(Effect.provide(layerAt(world.root)))

  it.scoped("removes the worktree with everything in it, and the branch; a second time changes nothing", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      fs.writeFileSync(path.join(world.worktree, "new.txt"), "x\n")
      const tip = git(world.clone, "rev-parse", BRANCH)
      yield* removal(world, tip)
      yield* removal(world, tip)
      assert.isFalse(exists(world.worktree))
      assert.deepStrictEqual(branches(world.clone), ["main"])
    })
  )

  it.scoped("leaves everything if the branch has other commits by now", () =>
    Effect.gen(function* () {
      const world = yield* kept()
      const tip = git(world.clone, "rev-parse", BRANCH)
      commit(world.worktree, "later.txt")
      const refused = yield* Effect.flip(removal(world, tip))
      assert.include(refused.detail, "by now, so it stays")
      assert.isTrue(exists(path.join(world.worktree, "later.txt")))
    })
  )
})
