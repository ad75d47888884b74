import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { vi } from "vitest"
import { beginWarmUp } from "../../src/dispatch/plan/warmUp.ts"
import type { JournalFailed } from "../../src/domain/Failure.ts"
import type { OtherTracker } from "../../src/journal/identity.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import * as FirstRunFile from "../../src/journal/FirstRunFile.ts"
import * as SqliteJournal from "../../src/journal/sqlite/SqliteJournal.ts"
import { intentOf } from "../contract/attempts.ts"
import { once, opened, read, scratch } from "./sqlite/journalWorld.ts"

vi.setConfig({ testTimeout: 60_000 })

const me = process.getuid?.() ?? 0
const OTHER_USER = 54_321
const isRoot = me === 0

/** Skips the test, visibly, unless we are root: only root can give files to another user. */
const rootOnly = (context: { readonly skip: (note: string) => void }) => {
  if (!isRoot) context.skip("giving a file to another user needs root")
  return isRoot
}

const mode = (file: string) => (fs.statSync(file).mode & 0o7777).toString(8)

/** Every entry of a directory with its kind, mode, owner and content. */
const picture = (at: string): ReadonlyArray<string> =>
  [at, ...fs.readdirSync(at).map((name) => path.join(at, name))].map((entry) => {
    const stat = fs.lstatSync(entry)
    const content = stat.isSymbolicLink() ? fs.readlinkSync(entry) : stat.isFile() ? fs.readFileSync(entry, "utf8") : ""
    return `${entry} ${stat.mode.toString(8)} ${stat.uid} ${content}`
  })

const failure = <A>(of: Effect.Effect<A, JournalFailed | OtherTracker, Scope.Scope>) =>
  Effect.flip(Effect.asVoid(Effect.scoped(of)))

/** Both layers, for writing and for reading, fail with these words and change nothing. */
const refused = Effect.fn("refused")(function* (directory: string, file: string, words: RegExp, uid?: number) {
  const before = picture(path.dirname(directory))
  const inside = fs.existsSync(directory) && fs.statSync(directory).isDirectory() ? picture(directory) : []
  const options = { directory, uid }
  const layers = [SqliteJournal.layer(options), SqliteJournal.reading(options)] as const
  for (const layer of layers) {
    const error = yield* failure(Layer.build(Layer.provide(layer, Layer.merge(NodeExec.layer, NodeContext.layer))))
    assert.include(error, { _tag: "JournalFailed", reason: "unusable" }, error.message)
    assert.include(error.message, `journal ${file}: `)
    assert.match(error.message, words)
    assert.notInclude(error.message, "\n")
  }
  assert.deepStrictEqual(picture(path.dirname(directory)), before)
  if (inside.length > 0) assert.deepStrictEqual(picture(directory), inside)
})

const works = (directory: string) => once(directory, (journal) => journal.intend(intentOf(1)))

/** A directory of ours below a scratch one, with this mode. */
const made = (permissions = 0o700, name = "state") =>
  Effect.map(scratch, (root) => {
    const directory = path.join(root, name)
    fs.mkdirSync(directory)
    fs.chmodSync(directory, permissions)
    return directory
  })

const NAMES = [
  "journal.db",
  "journal.db-wal",
  "journal.db-shm",
  "journal.db-journal",
  "lock.db",
  "lock.db.holder",
  "open.db",
  "open.db.holder",
  "run.lock",
  "run.lock.takeover",
  "open.lock",
  "open.lock.takeover",
  "bd.json",
  "first-run"
]

describe("a planted file in the state directory", () => {
  for (const name of NAMES) {
    it.scopedLive(`${name}: a link, another kind of entry and another user's file are refused`, () =>
      Effect.gen(function* () {
        const outside = yield* scratch
        const victim = path.join(outside, "victim")
        fs.writeFileSync(victim, "2020-01-01T00:00:00Z", { mode: 0o644 })
        const plants: ReadonlyArray<readonly [RegExp, (at: string) => void]> = [
          [/a symbolic link, which is not followed.*remove it/, (at) => fs.symlinkSync(victim, at)],
          [/a symbolic link, which is not followed/, (at) => fs.symlinkSync(path.join(outside, "nothing yet"), at)],
          [/is not a regular file\. Move it away/, (at) => fs.mkdirSync(at)],
          [/is not a regular file\. Move it away/, (at) => execFileSync("mkfifo", [at])],
          ...(isRoot
            ? [
                [
                  /belongs to another user \(uid 54321\)/,
                  (at: string) => {
                    fs.writeFileSync(at, "")
                    fs.chownSync(at, OTHER_USER, OTHER_USER)
                  }
                ] as const
              ]
            : [])
        ]
        for (const [words, plant] of plants) {
          const directory = yield* made()
          plant(path.join(directory, name))
          yield* refused(directory, path.join(directory, name), words)
        }
        assert.strictEqual(fs.readFileSync(victim, "utf8"), "2020-01-01T00:00:00Z")
        assert.strictEqual(mode(victim), "644")
        assert.deepStrictEqual(fs.readdirSync(outside), ["victim"])
      })
    )
  }

  it.scopedLive("is found before a run writes first-run", () =>
    Effect.gen(function* () {
      const directory = yield* made()
      const victim = path.join(yield* scratch, "victim")
      fs.writeFileSync(victim, "mine")
      fs.symlinkSync(victim, path.join(directory, "first-run"))
      for (const isDry of [false, true]) {
        const error = yield* Effect.flip(Effect.provide(beginWarmUp(isDry), FirstRunFile.layer({ directory })))
        assert.include(error.message, path.join(directory, "first-run"))
      }
      assert.strictEqual(fs.readFileSync(victim, "utf8"), "mine")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("a state directory", () => {
  it.scopedLive("of one user is refused to another user", () =>
    Effect.gen(function* () {
      const directory = yield* made()
      yield* works(directory)
      yield* refused(directory, directory, /belongs to another user \(uid \d+\)\. Run as that user/, me + 1)
    })
  )

  it.scopedLive("of ours that is open to others is closed, also with our files in it", () =>
    Effect.gen(function* () {
      for (const permissions of [0o755, 0o777, 0o750, 0o711, 0o770]) {
        const empty = yield* made(permissions)
        yield* works(empty)
        assert.strictEqual(mode(empty), "700")
        // A later version, or cron's redirection, may have put something beside the journal.
        fs.writeFileSync(path.join(empty, "cron.log"), "")
        fs.mkdirSync(path.join(empty, "jobs"))
        fs.chmodSync(empty, permissions)
        assert.lengthOf(yield* (yield* opened(empty)).open, 1)
        assert.strictEqual(mode(empty), "700")
      }
    })
  )

  it.scopedLive("of which only worktrees and jobs are left is closed and used on", () =>
    Effect.gen(function* () {
      const directory = yield* made(0o755)
      for (const name of ["worktrees", "jobs"]) fs.mkdirSync(path.join(directory, name))
      yield* works(directory)
      assert.strictEqual(mode(directory), "700")
    })
  )

  it.scopedLive("that its owner made read-only is refused to a writer and left unchanged", () =>
    Effect.gen(function* () {
      for (const permissions of [0o500, 0o555, 0o300]) {
        const directory = yield* made(permissions)
        const layer = SqliteJournal.layer({ directory })
        const error = yield* failure(Layer.build(Layer.provide(layer, Layer.merge(NodeExec.layer, NodeContext.layer))))
        assert.match(error.message, /its owner must not write in it, so no run uses it\. .* run: chmod 700 \//)
        assert.strictEqual(mode(directory), permissions.toString(8))
        assert.isEmpty(fs.readdirSync(directory))
      }
    })
  )

  it.scopedLive("with a link among its files is refused before its mode is changed", () =>
    Effect.gen(function* () {
      const directory = yield* made(0o755)
      fs.symlinkSync("/none", path.join(directory, "journal.db"))
      const layer = SqliteJournal.layer({ directory })
      yield* failure(Layer.build(Layer.provide(layer, Layer.merge(NodeExec.layer, NodeContext.layer))))
      assert.strictEqual(mode(directory), "755")
    })
  )

  it.scopedLive("that is closed to others may contain any file of ours", () =>
    Effect.gen(function* () {
      const directory = yield* made(0o700)
      fs.writeFileSync(path.join(directory, "notes"), "mine")
      yield* works(directory)
      assert.strictEqual(fs.readFileSync(path.join(directory, "notes"), "utf8"), "mine")
    })
  )

  it.scopedLive("is never a directory that others use, which keeps its mode", () =>
    Effect.gen(function* () {
      const sticky = yield* made(0o1777)
      yield* refused(sticky, sticky, /sticky bit.*run: chmod 700 \/.*; else set stateDir/)
      for (const permissions of [0o755, 0o777]) {
        const home = yield* made(permissions)
        fs.writeFileSync(path.join(home, "passwd"), "")
        yield* refused(home, home, /and it contains other files \("passwd"\)/)
      }
    })
  )

  it.scopedLive("is never a directory with another user's files in it", (context) =>
    Effect.gen(function* () {
      if (!rootOnly(context)) return
      const directory = yield* made(0o777)
      yield* works(directory)
      fs.chmodSync(directory, 0o777)
      fs.mkdirSync(path.join(directory, "jobs"))
      fs.lchownSync(path.join(directory, "jobs"), OTHER_USER, OTHER_USER)
      yield* refused(directory, directory, /"jobs" in it belongs to another user \(uid 54321\)/)
    })
  )

  it.scopedLive("of another user is refused and left unchanged", (context) =>
    Effect.gen(function* () {
      if (!rootOnly(context)) return
      for (const permissions of [0o700, 0o777]) {
        const directory = yield* made(permissions)
        fs.chownSync(directory, OTHER_USER, OTHER_USER)
        yield* refused(
          directory,
          directory,
          /belongs to another user \(uid 54321\)\. Run as that user, or set stateDir/
        )
      }
    })
  )

  it.scopedLive("that any user can replace is refused, one below a sticky directory is not", () =>
    Effect.gen(function* () {
      const directory = yield* made()
      const above = path.dirname(directory)
      fs.chmodSync(above, 0o777)
      yield* refused(directory, directory, /any user can replace files in it\. Run: chmod o-w \//)
      const link = path.join(yield* scratch, "link")
      fs.symlinkSync(directory, link)
      yield* refused(link, link, /any user can replace files in it/)
      fs.chmodSync(above, 0o1777)
      yield* works(directory)
    })
  )

  it.scopedLive("may be a link of ours to a directory of ours", () =>
    Effect.gen(function* () {
      const directory = yield* made(0o755)
      const link = path.join(yield* scratch, "link")
      fs.symlinkSync(directory, link)
      yield* works(link)
      assert.isTrue(fs.lstatSync(link).isSymbolicLink())
      assert.strictEqual(mode(directory), "700")
      assert.lengthOf(yield* (yield* read(link)).open, 1)
    })
  )

  it.scopedLive("may not be any other link", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      const link = (name: string, target: string) => {
        fs.symlinkSync(target, path.join(root, name))
        return path.join(root, name)
      }
      const nowhere = link("nowhere", path.join(root, "missing"))
      yield* refused(nowhere, nowhere, /a link that leads nowhere/)
      fs.writeFileSync(path.join(root, "file"), "")
      const file = link("to-a-file", path.join(root, "file"))
      yield* refused(file, file, /it is not a directory\. Move it away/)
      const loop = link("loop", path.join(root, "loop"))
      yield* refused(loop, loop, /a link that leads nowhere/)
      if (!isRoot) return
      const planted = link("planted", yield* made())
      fs.lchownSync(planted, OTHER_USER, OTHER_USER)
      yield* refused(planted, planted, /a link of another user \(uid 54321\)/)
      const theirs = yield* made()
      fs.chownSync(theirs, OTHER_USER, OTHER_USER)
      const toTheirs = link("to-theirs", theirs)
      yield* refused(toTheirs, toTheirs, /belongs to another user \(uid 54321\)/)
    })
  )

  it.scopedLive("that is missing is made with mode 0700, and by a reader not at all", () =>
    Effect.gen(function* () {
      const directory = path.join(yield* scratch, "new", "state")
      yield* read(directory)
      assert.isFalse(fs.existsSync(path.dirname(directory)))
      yield* works(directory)
      assert.strictEqual(mode(directory), "700")
      assert.strictEqual(mode(path.dirname(directory)), "700")
    })
  )
})
