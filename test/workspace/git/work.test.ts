import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Discarded, Workspace } from "../../../src/domain/Workspace.ts"
import { DROPPINGS, mayBeWork } from "../../../src/workspace/git/notWork.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { clonedRepository, commit, exists, git, pushFiles, removeTemplate, type World } from "../repositories.ts"
import { id, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

const write = (at: string, file: string, text: string | Buffer = "x\n") => {
  fs.mkdirSync(path.dirname(path.join(at, file)), { recursive: true })
  fs.writeFileSync(path.join(at, file), text)
}

/** Adds files to the commit that work starts from. */
const push = (world: World, files: Readonly<Record<string, string>>) => {
  for (const [file, text] of Object.entries(files)) write(world.other, file, text)
  pushFiles(world)
}

/** An attempt as a run makes it: a worktree that is handed over to a job, which then does this. */
const attempt = (world: World, job: (at: string) => void = () => {}) =>
  Effect.gen(function* () {
    const workspaces = yield* Workspaces
    const workspace = yield* Effect.scoped(Effect.tap(workspaces.acquire(id, world.repository), workspaces.keep))
    job(workspace.path)
    return workspace
  }).pipe(Effect.provide(layerAt(world.root)))

/** What the next run finds, in a new layer. `inspect` must answer as `discard` does. */
const settle = (world: World, workspace: Workspace) =>
  Effect.gen(function* () {
    const workspaces = yield* Workspaces
    const inspected = yield* workspaces.inspect(id, world.repository, workspace)
    const discarded = yield* workspaces.discard(id, world.repository, workspace)
    assert.deepStrictEqual(inspected, discarded)
    return discarded
  }).pipe(Effect.provide(layerAt(world.root)))

const REMOVED: Discarded = { _tag: "Removed" }
const CHANGES: Discarded = { _tag: "Work", holds: "changes that are not committed", commits: 0 }
const BEFORE: Discarded = { _tag: "Left", why: "it holds changes from before the attempt" }

/** A job in a new worktree, whose repository holds these files. */
const finds = (
  what: string,
  expected: Discarded,
  job: (at: string, world: World) => void,
  files: Readonly<Record<string, string>> = {}
) =>
  it.scopedLive(what, () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      if (Object.keys(files).length > 0) push(world, files)
      const workspace = yield* attempt(world, (at) => job(at, world))
      assert.deepStrictEqual(yield* settle(world, workspace), expected)
      assert.strictEqual(exists(workspace.path), expected._tag !== "Removed")
    })
  )

describe("no work: what agents' tools and the tracker leave in a worktree", () => {
  for (const name of DROPPINGS) {
    const path = name.endsWith("/") ? `${name}state/1.json` : name
    it(name, () => {
      assert.isFalse(mayBeWork({ path: name, isTracked: false }), "a whole directory is one entry")
      assert.isFalse(mayBeWork({ path, isTracked: false }))
      assert.isTrue(mayBeWork({ path, isTracked: true }))
      assert.isTrue(mayBeWork({ path: `src/${path}`, isTracked: false }))
      assert.isTrue(mayBeWork({ path: `${name.replace("/", "")}x`, isTracked: false }))
    })
  }
  finds("all of them in one worktree", REMOVED, (at) => {
    for (const name of DROPPINGS) write(at, name.endsWith("/") ? `${name}state/1.json` : name)
  })
  finds("an untracked file in a tool's directory that has tracked files", REMOVED, (at) => write(at, ".claude/a"), {
    ".claude/settings.json": "{}\n"
  })
  finds("a changed file of a tool's directory that git tracks is work", CHANGES, (at) => write(at, ".claude/a.json"), {
    ".claude/a.json": "{}\n"
  })
  finds("a tool's directory below the top is work", CHANGES, (at) => write(at, "packages/app/.claude/a"))
  finds("the tracker's file, which git tracks", REMOVED, (at) => write(at, ".beads/issues.jsonl", "{}\n"), {
    ".beads/issues.jsonl": ""
  })
  finds("… staged, with untracked files and a lock beside them", REMOVED, (at) => {
    write(at, ".beads/issues.jsonl", "{}\n")
    git(at, "add", ".beads")
    write(at, ".beads/last-touched")
    write(at, "embeddeddolt.gate.lock", "")
  })
  finds(
    "… committed: no work, but its branch stays",
    { _tag: "Left", why: "its commits hold only files of the tracker" },
    (at) => {
      write(at, ".beads/issues.jsonl", "{}\n")
      git(at, "add", ".beads")
      git(at, "commit", "--quiet", "--message", "bd sync")
    }
  )
  finds("… committed together with a fix", { _tag: "Work", holds: "commits", commits: 1 }, (at) => {
    write(at, ".beads/issues.jsonl", "{}\n")
    commit(at, "fix.txt")
  })
  finds("a fix in the source's own `.beads` fixtures is work", CHANGES, (at) => write(at, "test/.beads/issues.jsonl"))
  finds("an empty commit is a commit", { _tag: "Work", holds: "commits", commits: 1 }, (at) =>
    git(at, "commit", "--quiet", "--allow-empty", "--message", "done")
  )
  finds("files with other times only", REMOVED, (at) => fs.utimesSync(path.join(at, "file.txt"), 1, 1))
})

describe("a reused worktree: only what differs from its hand-out is work", () => {
  const dirty = (at: string) => {
    fs.appendFileSync(path.join(at, "file.txt"), "half a change\n")
    write(at, "new/one.txt")
    write(at, Buffer.from('caf\xe9\n".txt', "latin1").toString("latin1"))
    fs.writeFileSync(Buffer.concat([Buffer.from(`${at}/`), Buffer.from([0x66, 0xff, 0xfe])]), "bytes\n")
  }

  /** The first attempt leaves half a change, the second does `job` in the same worktree. */
  const second = (what: string, expected: Discarded, job: (at: string) => void, first: (at: string) => void = dirty) =>
    it.scopedLive(what, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        yield* attempt(world, first)
        const workspace = yield* attempt(world, job)
        assert.isTrue(workspace.reused)
        assert.deepStrictEqual(yield* settle(world, workspace), expected)
        assert.isTrue(exists(workspace.path))
      })
    )

  second("nothing: it was dirty before", BEFORE, () => {})
  second("files with other times only", BEFORE, (at) => {
    fs.utimesSync(path.join(at, "file.txt"), 1, 1)
    fs.utimesSync(path.join(at, "new/one.txt"), 1, 1)
  })
  second("a tool's droppings", BEFORE, (at) => write(at, ".claude/settings.local.json"))
  second("a changed file that was changed before", CHANGES, (at) =>
    fs.appendFileSync(path.join(at, "file.txt"), "the other half\n")
  )
  second("a changed untracked file, of the same size", CHANGES, (at) => write(at, "new/one.txt", "y\n"))
  second("a changed file whose name is no UTF-8, of the same size", CHANGES, (at) =>
    fs.writeFileSync(Buffer.concat([Buffer.from(`${at}/`), Buffer.from([0x66, 0xff, 0xfe])]), "BYTES\n")
  )
  second("another untracked file", CHANGES, (at) => write(at, "new/two.txt"))
  second("an untracked file that is gone", CHANGES, (at) => fs.rmSync(path.join(at, "new"), { recursive: true }))
  second("a file that is executable now", CHANGES, (at) => fs.chmodSync(path.join(at, "new/one.txt"), 0o755))
  second("a change that is staged now", CHANGES, (at) => git(at, "add", "file.txt"))
  second("a change that is undone", CHANGES, (at) => git(at, "checkout", "--quiet", "--", "file.txt"))
  second(
    "commits of the first attempt only",
    { _tag: "Left", why: "it holds commits from before the attempt" },
    () => {},
    (at) => void commit(at, "first.txt")
  )
  second(
    "commits of both attempts",
    { _tag: "Work", holds: "commits", commits: 2 },
    (at) => void commit(at, "second.txt"),
    (at) => void commit(at, "first.txt")
  )
  second(
    "the first attempt's commit is gone",
    { _tag: "Work", holds: "a commit other than the one it was made from", commits: 0 },
    (at) => git(at, "reset", "--quiet", "--hard", "HEAD~1"),
    (at) => void commit(at, "first.txt")
  )
  second(
    "another branch, as the first attempt left it",
    { _tag: "Left", why: "it was there before the attempt" },
    () => {},
    (at) => git(at, "checkout", "--quiet", "-b", "fix/elsewhere")
  )

  it.scopedLive("a record of an earlier version has no snapshot: what is there counts as work", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      yield* attempt(world, dirty)
      const { snapshot: _, ...record } = yield* attempt(world)
      assert.deepStrictEqual(yield* settle(world, { ...record }), CHANGES)
    })
  )
})
