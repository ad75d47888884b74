import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Workspace, type Discarded } from "../../../src/domain/Workspace.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import { eventually } from "../../contract/support.ts"
import {
  branches,
  clonedRepository,
  commit,
  copyWithWorktree,
  exists,
  git,
  pushedByOthers,
  worktrees,
  removeTemplate
} from "../repositories.ts"
import { acquire, id, layerAt, silenceRemote } from "./gitWorld.ts"

afterAll(removeTemplate)

const branch = `nightly-dispatch/${id}`

/** A world with a worktree that an earlier run handed over to a job. Nothing works in it now. */
const prepare = Effect.gen(function* () {
  const world = yield* clonedRepository
  const workspace = yield* Effect.gen(function* () {
    const workspaces = yield* Workspaces
    return yield* Effect.scoped(Effect.tap(workspaces.acquire(id, world.repository), workspaces.keep))
  }).pipe(Effect.provide(layerAt(world.root)))
  return { world, workspace }
})

const fileScope = Effect.runSync(Scope.make())
let prepared: Effect.Effect.Success<typeof prepare>
beforeAll(async () => {
  prepared = await Effect.runPromise(Scope.extend(prepare, fileScope))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(fileScope, Exit.void)))

/** A copy of the prepared world for each test. */
const leftBehind = Effect.gen(function* () {
  const { workspace, world } = prepared
  const copy = yield* copyWithWorktree(world, id)
  const at = path.join(copy.root, id, "app")
  return { ...copy, workspace: Workspace.make({ ...workspace, path: at }), at }
})

/** Discards as the next run does, in a new layer. */
const discard = (
  { repository, root }: { readonly repository: Repository; readonly root: string },
  workspace: Workspace,
  beads = id
) =>
  Effect.flatMap(Workspaces, (workspaces) => workspaces.discard(beads, repository, workspace)).pipe(
    Effect.provide(layerAt(root))
  )

/** Every entry below a directory, with the text of files and the targets of links. */
const snapshot = (at: string): ReadonlyArray<string> =>
  fs
    .readdirSync(at, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      const text = entry.isSymbolicLink()
        ? fs.readlinkSync(file)
        : entry.isFile()
          ? fs.readFileSync(file, "latin1")
          : ""
      return `${file} ${text}`
    })
    .toSorted()

describe("discard: a worktree without work", () => {
  it.scopedLive("is removed with its branch and its directory; discarding it again says Gone", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      pushedByOthers(left)
      assert.deepStrictEqual(yield* discard(left, left.workspace), { _tag: "Removed" })
      assert.deepStrictEqual(fs.readdirSync(left.root), [])
      assert.lengthOf(worktrees(left.clone), 1)
      assert.deepStrictEqual(branches(left.clone), ["main"])
      assert.deepStrictEqual(yield* discard(left, left.workspace), { _tag: "Gone" })
      assert.strictEqual(git(left.clone, "status", "--porcelain"), "")
    })
  )

  it.scopedLive("ignored files do not count as work", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      fs.mkdirSync(path.join(left.at, "ignored"))
      fs.writeFileSync(path.join(left.at, "ignored/cache"), "")
      assert.deepStrictEqual(yield* discard(left, left.workspace), { _tag: "Removed" })
    })
  )

  it.scopedLive("the bug's worktree of another repository stays", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      fs.mkdirSync(path.join(left.root, id, "docs"))
      assert.deepStrictEqual(yield* discard(left, left.workspace), { _tag: "Removed" })
      assert.deepStrictEqual(fs.readdirSync(path.join(left.root, id)), ["docs"])
    })
  )

  it.scopedLive("its branch stays while it is checked out elsewhere", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      git(left.clone, "checkout", "--quiet", "--ignore-other-worktrees", branch)
      assert.deepStrictEqual(yield* discard(left, left.workspace), { _tag: "Removed" })
      assert.strictEqual(git(left.clone, "branch", "--show-current"), branch)
      assert.deepStrictEqual(branches(left.clone), ["main", branch])
      assert.isFalse(exists(path.join(left.root, id)))
    })
  )
})

describe("discard: a worktree below another root than today's", () => {
  /** Asks a layer whose root is another one, as after a change of the settings. */
  const elsewhere = <A, E>(
    left: Effect.Effect.Success<typeof leftBehind>,
    ask: (workspaces: Workspaces["Type"]) => Effect.Effect<A, E>
  ) => Effect.provide(Effect.flatMap(Workspaces, ask), layerAt(path.join(left.base, "today")))

  it.scopedLive("is removed with its branch if it holds no work; today's root is not made", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const ask = (workspaces: Workspaces["Type"]) => workspaces.discard(id, left.repository, left.workspace)
      assert.deepStrictEqual(yield* elsewhere(left, ask), { _tag: "Removed" })
      assert.deepStrictEqual(fs.readdirSync(left.root), [])
      assert.deepStrictEqual(branches(left.clone), ["main"])
      assert.deepStrictEqual(yield* elsewhere(left, ask), { _tag: "Gone" })
      assert.isFalse(exists(path.join(left.base, "today")))
    })
  )

  it.scopedLive("stays with its work, and goes when a person has decided about it", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const tip = commit(left.at, "work.txt")
      const { repository, workspace } = left
      const found = yield* elsewhere(left, (workspaces) => workspaces.discard(id, repository, workspace))
      assert.include(found, { _tag: "Work", commits: 1 })
      assert.isTrue(exists(left.at))
      yield* elsewhere(left, (workspaces) => workspaces.remove(id, repository, workspace, tip))
      assert.isFalse(exists(left.at))
      assert.deepStrictEqual(branches(left.clone), ["main"])
    })
  )
})

describe("discard: a worktree that was moved with its root", () => {
  it.scopedLive("is not taken for gone: git must be told first where it is, then its work is found", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const today = path.join(left.base, "today")
      fs.writeFileSync(path.join(left.at, "work.txt"), "mine")
      fs.renameSync(left.root, today)
      const again = discard({ ...left, root: today }, left.workspace)
      assert.match((yield* Effect.flip(again)).detail, /exists and is not a worktree of/)
      git(left.clone, "worktree", "repair", path.join(today, id, "app"))
      assert.include(yield* again, { _tag: "Work" })
      assert.isTrue(exists(path.join(today, id, "app/work.txt")))
      fs.rmSync(path.join(today, id, "app/work.txt"))
      assert.include(yield* again, { _tag: "Removed" })
      assert.deepStrictEqual(fs.readdirSync(today), [])
    })
  )
})

describe("discard: concurrent use", () => {
  it.scopedLive("does not wait while the worktree of another bug is made from the same repository", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const waiting = silenceRemote(left.clone)
      const discarded = yield* Effect.gen(function* () {
        const workspaces = yield* Workspaces
        const other = yield* Effect.forkScoped(acquire(left.repository, BeadsId.make("bd-other")))
        const fetching = Effect.sync(() => waiting().length > 0)
        assert.isTrue(yield* eventually(fetching, (now) => now))
        const discarded = yield* workspaces.discard(id, left.repository, left.workspace)
        assert.isTrue(Option.isNone(yield* Fiber.poll(other)), "the other's remote does not answer")
        assert.isTrue(exists((yield* Fiber.join(other)).path))
        return discarded
      }).pipe(Effect.provide(layerAt(left.root, { timeout: "3 seconds" })))
      assert.deepStrictEqual(discarded, { _tag: "Removed" })
    })
  )

  it.scopedLive("of two discards at the same time one removes it and the other says Gone", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const both = yield* Effect.gen(function* () {
        const { discard } = yield* Workspaces
        const once = discard(id, left.repository, left.workspace)
        return yield* Effect.all([once, once], { concurrency: 2 })
      }).pipe(Effect.provide(layerAt(left.root)))
      assert.deepStrictEqual(both.map(({ _tag }) => _tag).toSorted(), ["Gone", "Removed"])
      assert.deepStrictEqual(branches(left.clone), ["main"])
    })
  )
})

describe("discard: keeps a worktree with", () => {
  const stays = (name: string, expected: Discarded, work: (at: string, clone: string) => void) =>
    it.scopedLive(name, () =>
      Effect.gen(function* () {
        const left = yield* leftBehind
        work(left.at, left.clone)
        const before = [snapshot(left.root), worktrees(left.clone), git(left.clone, "for-each-ref")]
        assert.deepStrictEqual(yield* discard(left, left.workspace), expected)
        assert.deepStrictEqual([snapshot(left.root), worktrees(left.clone), git(left.clone, "for-each-ref")], before)
      })
    )
  const kept = (name: string, holds: string, commits: number, work: (at: string, clone: string) => void) =>
    stays(name, { _tag: "Work", holds, commits }, work)
  const unknown = (why: string): Discarded => ({ _tag: "Unknown", why })
  const changes = "changes that are not committed"

  kept("a changed file", changes, 0, (at) => fs.appendFileSync(path.join(at, "file.txt"), "more\n"))
  kept("a removed file", changes, 0, (at) => fs.rmSync(path.join(at, "file.txt")))
  kept("a staged file", changes, 0, (at) => {
    fs.writeFileSync(path.join(at, "new.txt"), "")
    git(at, "add", "new.txt")
  })
  kept("an untracked file, though the repository's settings hide those", changes, 0, (at, clone) => {
    git(clone, "config", "status.showUntrackedFiles", "no")
    fs.mkdirSync(path.join(at, "deep/er"), { recursive: true })
    fs.writeFileSync(path.join(at, "deep/er/new.txt"), "")
  })
  kept("commits", "commits", 2, (at) => {
    commit(at, "one.txt")
    commit(at, "two.txt")
  })
  kept("changes and commits: reports both", changes, 1, (at) => {
    commit(at, "one.txt")
    fs.writeFileSync(path.join(at, "two.txt"), "")
  })
  kept("a detached HEAD with a commit", "commits", 1, (at) => {
    git(at, "checkout", "--quiet", "--detach")
    commit(at, "one.txt")
  })
  kept("a commit that is on its branch but no longer below HEAD", "commits", 1, (at) => {
    commit(at, "one.txt")
    git(at, "checkout", "--quiet", "--detach", "HEAD~1")
  })
  kept("another branch, with a commit", "commits", 1, (at) => {
    git(at, "checkout", "--quiet", "-b", "fix/elsewhere")
    commit(at, "one.txt")
  })
  kept("another branch, without a commit", `a branch other than ${branch}`, 0, (at) =>
    git(at, "checkout", "--quiet", "-b", "fix/elsewhere")
  )
  kept("a detached HEAD, without a commit", `a branch other than ${branch}`, 0, (at) =>
    git(at, "checkout", "--quiet", "--detach")
  )
  stays("a lock of `git worktree lock`", { _tag: "Left", why: "it is locked: mine" }, (at, clone) =>
    git(clone, "worktree", "lock", "--reason", "mine", at)
  )
  stays(
    "the lock that git holds while it adds a worktree",
    { _tag: "Left", why: "it is locked: initializing" },
    (at, clone) => git(clone, "worktree", "lock", "--reason", "initializing", at)
  )
  it.scopedLive("no .git file", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      fs.rmSync(path.join(left.at, ".git"))
      assert.deepStrictEqual(
        yield* discard(left, left.workspace),
        unknown(`its .git file does not lead to ${left.clone}`)
      )
      assert.isTrue(exists(path.join(left.at, "file.txt")))
    })
  )
  it.scopedLive("no .git file, inside a repository with the same branch and commit", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const root = path.join(world.other, "ignored/agents")
      const left = { ...world, root }
      const workspace = yield* Effect.gen(function* () {
        const workspaces = yield* Workspaces
        return yield* Effect.scoped(Effect.tap(workspaces.acquire(id, world.repository), workspaces.keep))
      }).pipe(Effect.provide(layerAt(root)))
      git(world.other, "checkout", "--quiet", "-b", branch)
      fs.rmSync(path.join(workspace.path, ".git"))
      const discarded = yield* discard(left, workspace)
      assert.deepStrictEqual(discarded, unknown(`its .git file does not lead to ${world.clone}`))
    })
  )
  it.scopedLive("a broken index", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const index = path.resolve(left.at, git(left.at, "rev-parse", "--git-path", "index"))
      fs.writeFileSync(index, "broken")
      const why = `git cannot read it: ${index}: index file smaller than expected`
      assert.deepStrictEqual(yield* discard(left, left.workspace), unknown(why))
      assert.strictEqual(fs.readFileSync(index, "utf8"), "broken")
    })
  )

  it.scopedLive("a .git file that names another repository with the same branch and commit", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      git(left.other, "checkout", "--quiet", "-b", branch)
      fs.writeFileSync(path.join(left.at, ".git"), `gitdir: ${path.join(left.other, ".git")}\n`)
      const discarded = yield* discard(left, left.workspace)
      assert.deepStrictEqual(discarded, unknown(`its .git file does not lead to ${left.clone}`))
      assert.isTrue(exists(path.join(left.at, "file.txt")))
    })
  )

  it.scopedLive("a branch with commits of an earlier attempt, although the last attempt added none", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "branch", branch)
      git(world.clone, "worktree", "add", "--quiet", path.join(world.base, "first"), branch)
      const done = commit(path.join(world.base, "first"), "half.txt")
      git(world.clone, "worktree", "remove", path.join(world.base, "first"))
      const discarded = yield* Effect.gen(function* () {
        const workspaces = yield* Workspaces
        const workspace = yield* Effect.scoped(Effect.tap(workspaces.acquire(id, world.repository), workspaces.keep))
        return yield* workspaces.discard(id, world.repository, workspace)
      }).pipe(Effect.provide(layerAt(world.root)))
      assert.deepStrictEqual(discarded, { _tag: "Left", why: "it holds commits from before the attempt" })
      assert.strictEqual(git(world.clone, "rev-parse", branch), done)
    })
  )

  it.scopedLive("a reused worktree: it is never removed", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const reused = Workspace.make({ ...left.workspace, reused: true })
      const before = snapshot(left.root)
      assert.deepStrictEqual(yield* discard(left, reused), {
        _tag: "Left",
        why: "it was there before the attempt"
      })
      assert.deepStrictEqual(snapshot(left.root), before)
      commit(left.at, "one.txt")
      assert.deepStrictEqual(yield* discard(left, reused), { _tag: "Work", holds: "commits", commits: 1 })
    })
  )
})

describe("discard: the directory is missing", () => {
  const gone = (work: (at: string) => void, remove: (root: string) => void) =>
    Effect.tap(leftBehind, ({ at, root }) =>
      Effect.sync(() => {
        work(at)
        remove(root)
      })
    )
  const all = (root: string) => fs.rmSync(root, { recursive: true })
  const contents = (root: string) => {
    fs.rmSync(path.join(root, id, "app"), { recursive: true })
    fs.mkdirSync(path.join(root, id, "app"))
  }

  for (const [what, remove] of [
    ["the root is missing", all],
    ["the bug's directory is missing", (root: string) => fs.rmSync(path.join(root, id), { recursive: true })],
    ["the directory is empty", contents]
  ] as const) {
    it.scopedLive(`${what}: says Gone, and removes git's entry and the branch without commits`, () =>
      Effect.gen(function* () {
        const left = yield* gone(() => undefined, remove)
        assert.deepStrictEqual(yield* discard(left, left.workspace), { _tag: "Gone" })
        assert.lengthOf(worktrees(left.clone), 1)
        assert.deepStrictEqual(branches(left.clone), ["main"])
        assert.isFalse(exists(path.join(left.root, id)))
        assert.strictEqual(exists(left.root), remove !== all, "a missing root is not created")
      })
    )
  }

  it.scopedLive("the branch has commits: says Work", () =>
    Effect.gen(function* () {
      const left = yield* gone((at) => commit(at, "one.txt"), all)
      for (const prune of [false, true]) {
        if (prune) git(left.clone, "worktree", "prune")
        const discarded = yield* discard(left, left.workspace)
        assert.deepStrictEqual(discarded, { _tag: "Work", holds: "commits", commits: 1 })
        assert.include(branches(left.clone), branch)
      }
    })
  )

  it.scopedLive("commits that only git's entry of the worktree names: says Work and keeps the entry", () =>
    Effect.gen(function* () {
      const left = yield* gone((at) => {
        git(at, "checkout", "--quiet", "--detach")
        commit(at, "one.txt")
      }, all)
      const discarded = yield* discard(left, left.workspace)
      assert.deepStrictEqual(discarded, { _tag: "Work", holds: "commits", commits: 1 })
      assert.lengthOf(worktrees(left.clone), 2)
    })
  )

  it.scopedLive("a locked worktree, perhaps on a disk that is not mounted: says Left", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      git(left.clone, "worktree", "lock", left.at)
      all(left.root)
      const discarded = yield* discard(left, left.workspace)
      assert.deepStrictEqual(discarded, { _tag: "Left", why: "it is locked" })
      assert.lengthOf(worktrees(left.clone), 2)
    })
  )

  it.scopedLive("a reused worktree: says Gone and changes nothing", () =>
    Effect.gen(function* () {
      const left = yield* gone(() => undefined, all)
      const reused = Workspace.make({ ...left.workspace, reused: true })
      assert.deepStrictEqual(yield* discard(left, reused), { _tag: "Gone" })
      assert.lengthOf(worktrees(left.clone), 2)
      assert.deepStrictEqual(branches(left.clone), ["main", branch])
    })
  )
})

describe("discard: a wrong record in the journal", () => {
  it.scopedLive("the recorded base is the last commit of the work: the commits stay", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      commit(left.at, "one.txt")
      const base = commit(left.at, "two.txt")
      const { snapshot: _, ...ofEarlierVersion } = left.workspace
      const recorded = Workspace.make({ ...ofEarlierVersion, base })
      const expected = { _tag: "Left", why: "it has commits from before the attempt that no other branch has" } as const
      assert.deepStrictEqual(yield* discard(left, recorded), expected)
      assert.isTrue(exists(path.join(left.at, "two.txt")))
      fs.rmSync(left.root, { recursive: true })
      assert.deepStrictEqual(yield* discard(left, recorded), expected)
      assert.strictEqual(git(left.clone, "rev-parse", branch), base)
    })
  )

  it.scopedLive("the repository does not have the recorded base: says Unknown", () =>
    Effect.gen(function* () {
      const left = yield* leftBehind
      const recorded = Workspace.make({ ...left.workspace, base: "1".repeat(40) })
      const discarded = yield* discard(left, recorded)
      assert.deepStrictEqual(discarded, { _tag: "Unknown", why: "git cannot count its commits" })
      assert.isTrue(exists(left.at))
    })
  )

  const untouched = (
    name: string,
    message: RegExp,
    arrange: (left: Effect.Effect.Success<typeof leftBehind>) => {
      readonly workspace?: Workspace
      readonly beads?: BeadsId
      readonly repository?: Repository
    }
  ) =>
    it.scopedLive(`refuses ${name} and changes nothing`, () =>
      Effect.gen(function* () {
        const left = yield* leftBehind
        const { beads, workspace, ...repository } = arrange(left)
        const before = [snapshot(left.base), worktrees(left.clone)]
        const failure = yield* Effect.flip(discard({ ...left, ...repository }, workspace ?? left.workspace, beads))
        assert.match(failure.detail, message)
        assert.strictEqual(failure.blame, "issue")
        assert.deepStrictEqual([snapshot(left.base), worktrees(left.clone)], before)
      })
    )
  const but = (workspace: Workspace, change: Partial<Workspace>) => ({
    workspace: Workspace.make({ ...workspace, ...change })
  })

  untouched("the clone", /is not the worktree of/, (left) => but(left.workspace, { path: left.clone }))
  untouched("a path with dots", /is not the worktree of/, (left) =>
    but(left.workspace, { path: `${left.root}/bd-x/../${id}/app` })
  )
  untouched("a directory below another root that is no worktree", /exists and is not a worktree of/, (left) => {
    const at = path.join(left.base, "mine", id, "app")
    fs.mkdirSync(at, { recursive: true })
    fs.writeFileSync(path.join(at, "notes"), "mine")
    return but(left.workspace, { path: at })
  })
  untouched("a path with a line break", /^[^\n]*is not the worktree of/, (left) =>
    but(left.workspace, { path: `${left.at}\nfake log line` })
  )
  untouched("the worktree of another bug", /is not the worktree of bd-other/, () => ({
    beads: BeadsId.make("bd-other")
  }))
  untouched("another branch", /main is not the branch of/, (left) => but(left.workspace, { branch: "main" }))
  untouched("no branch", /none is not the branch of/, (left) => ({
    workspace: Workspace.make({ path: left.at, base: left.first, reused: false })
  }))
  untouched("a base that is a git option", /--output=.*: not a commit/, (left) =>
    but(left.workspace, { base: "--output=/tmp/x" })
  )
  untouched("a base that is a branch name", /: not a commit/, (left) => but(left.workspace, { base: branch }))
  untouched("no base", /nothing: not a commit/, (left) => ({
    workspace: Workspace.make({ path: left.at, branch, reused: false })
  }))
  untouched("a file instead of the worktree", /is not a directory/, (left) => {
    fs.rmSync(left.at, { recursive: true })
    fs.writeFileSync(left.at, "mine")
    return {}
  })
  untouched("a link instead of the worktree", /symbolic link/, (left) => {
    fs.renameSync(left.at, path.join(left.base, "moved"))
    fs.symlinkSync(path.join(left.base, "moved"), left.at)
    return {}
  })
  untouched("a link instead of the bug's directory", /symbolic link/, (left) => {
    fs.renameSync(path.join(left.root, id), path.join(left.base, "moved"))
    fs.symlinkSync(path.join(left.base, "moved"), path.join(left.root, id))
    return {}
  })
  untouched("a worktree of another repository", /exists and is not a worktree of/, (left) => {
    git(left.clone, "worktree", "remove", left.at)
    git(left.clone, "branch", "-D", branch)
    git(left.other, "worktree", "add", "--quiet", "-b", branch, left.at)
    return {}
  })
  untouched("a clone instead of the worktree", /exists and is not a worktree of/, (left) => {
    git(left.clone, "worktree", "remove", left.at)
    git(left.base, "clone", "--quiet", left.remote, left.at)
    return {}
  })
  if (process.getuid?.() === 0) {
    untouched("a directory of another user", /belongs to another user/, (left) => {
      fs.chownSync(left.at, 12345, 12345)
      return {}
    })
  }
})

describe("merged: work that a person has accepted", () => {
  /** As pruning does, in a new layer. */
  const discardIfMerged = ({ repository, root }: Effect.Effect.Success<typeof leftBehind>, workspace: Workspace) =>
    Effect.gen(function* () {
      const workspaces = yield* Workspaces
      return yield* workspaces.discard(id, repository, yield* workspaces.merged(id, repository, workspace))
    }).pipe(Effect.provide(layerAt(root)))

  it.scopedLive(
    "stays until its branch is in the commit that work starts from, and as long as files are not committed",
    () =>
      Effect.gen(function* () {
        const left = yield* leftBehind
        const { at, repository, workspace } = left
        commit(at, "work.txt")
        assert.include(yield* discardIfMerged(left, workspace), { _tag: "Work", holds: "commits" })
        git(at, "push", "--quiet", "origin", "HEAD:main")
        fs.writeFileSync(path.join(at, "later.txt"), "not committed\n")
        assert.include(yield* discardIfMerged(left, workspace), { _tag: "Work" })
        fs.rmSync(path.join(at, "later.txt"))
        assert.include(yield* discard(left, workspace), { _tag: "Work" }, "settling tells of commits all the same")
        assert.deepStrictEqual(yield* discardIfMerged(left, workspace), { _tag: "Removed" })
        assert.isFalse(exists(at))
        assert.notInclude(branches(repository.path), branch)
      })
  )
})
