import { createClient } from "@libsql/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { vi } from "vitest"
import { Notice } from "../../../src/journal/Journal.ts"
import { intentOf, LOCKING, plain, RUN, STEPS } from "../../contract/attempts.ts"
import { database, once, opened, query, read, scratch, stateDirectory } from "./journalWorld.ts"

// A busy machine needs this long.
vi.setConfig({ testTimeout: 60_000 })

const refused = (directory: string) => Effect.flip(Effect.scoped(opened(directory)))
const mode = (file: string) => (fs.statSync(file).mode & 0o7777).toString(8)
const isEmpty = (file: string) => fs.statSync(file).size === 0
/** The files of a directory with their content, without the lock and what SQLite keeps only while the database is open. */
const contents = (directory: string) =>
  Object.fromEntries(
    fs
      .readdirSync(directory)
      .filter((name) => name !== "open.db")
      .filter((name) => !name.endsWith("-shm") && !(name.endsWith("-wal") && isEmpty(path.join(directory, name))))
      .map((name) => [name, fs.readFileSync(path.join(directory, name)).toString("base64")])
  )

/** A state directory with a closed journal of 20 attempts, after these statements. */
const filledAnd = Effect.fn("filledAnd")(function* (...statements: ReadonlyArray<string>) {
  const [made, directory] = yield* Effect.all([stateDirectory, stateDirectory])
  yield* once(made, (journal) => Effect.forEach(Array.from({ length: 20 }), (_, n) => journal.intend(intentOf(n + 1))))
  yield* query(made, ...statements, "PRAGMA wal_checkpoint(TRUNCATE)")
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  fs.copyFileSync(database(made), database(directory))
  return directory
})
const filled = filledAnd()

const mounted = (at: string, options: string): boolean => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** A small file system, for the scope; `undefined` if none can be mounted. */
const smallDisk = Effect.gen(function* () {
  const at = yield* scratch
  if (!mounted(at, "size=512k")) return undefined
  yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", ["-l", at])))
  return at
})

const fill = (at: string): string => {
  const file = path.join(at, "ballast")
  const descriptor = fs.openSync(file, "w")
  for (const size of [4096, 1]) {
    try {
      for (;;) fs.writeSync(descriptor, Buffer.alloc(size))
    } catch {
      // The disk is full.
    }
  }
  fs.closeSync(descriptor)
  return file
}

describe("the journal on disk", () => {
  it.scopedLive("the next run finds the records of the last one", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const kept = yield* once(directory, (journal) =>
        Effect.gen(function* () {
          yield* journal.intend(intentOf(1))
          yield* journal.intend(intentOf(2))
          yield* journal.notice(new Notice({ key: "k", kind: "claim_stuck", text: "t" }))
          yield* journal.begin({ run: intentOf(1).run, host: "vm-1", at: 7 })
          return plain(yield* journal.advance(intentOf(2).actor, STEPS.Settled))
        })
      )
      const journal = yield* opened(directory)
      assert.deepStrictEqual(
        (yield* journal.of(intentOf(1).beads)).map(({ phase }) => phase),
        ["intended", "settled"]
      )
      assert.deepStrictEqual(plain((yield* journal.since(0))[1]!), kept)
      assert.deepStrictEqual(
        (yield* journal.notices).map(({ key }) => key),
        ["k"]
      )
      assert.strictEqual(
        (yield* Effect.flip(journal.begin({ run: intentOf(1).run, host: "", at: 8 }))).reason,
        "illegal"
      )
      assert.include(yield* journal.version, database(directory))
    })
  )

  it.scopedLive("is readable by its owner only: directory 0700, files 0600, with any umask and earlier mode", () =>
    Effect.gen(function* () {
      const umask = process.umask(0)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.umask(umask)))
      for (const before of [undefined, 0o755, 0o777]) {
        const directory = path.join(yield* stateDirectory, "below")
        if (before !== undefined) {
          fs.mkdirSync(path.dirname(directory), { mode: 0o700 })
          fs.mkdirSync(directory, { mode: before })
          fs.writeFileSync(database(directory), "", { mode: 0o644 })
        }
        yield* once(directory, (journal) =>
          Effect.gen(function* () {
            assert.isTrue(Option.isNone(yield* Effect.scoped(journal.lock(LOCKING))))
            yield* journal.intend(intentOf(1))
            assert.strictEqual(mode(directory), "700")
            const files = fs.readdirSync(directory)
            assert.includeMembers(files, ["journal.db", "journal.db-wal", "journal.db-shm"])
            for (const file of files) assert.strictEqual(mode(path.join(directory, file)), "600", file)
          })
        )
      }
    })
  )

  it.scopedLive("uses a write-ahead log, and a commit is on the disk before its method returns", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      yield* once(directory, () =>
        Effect.gen(function* () {
          assert.deepInclude((yield* query(directory, "PRAGMA journal_mode"))[0], { journal_mode: "wal" })
          assert.deepInclude((yield* query(directory, "PRAGMA synchronous"))[0], { synchronous: 2 })
        })
      )
    })
  )

  it.scopedLive("keeps no more files open, however much is written", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      const open = () => fs.readdirSync("/proc/self/fd").length
      yield* journal.intend(intentOf(1))
      const before = open()
      for (let n = 2; n <= 40; n++) yield* journal.intend(intentOf(n))
      assert.isAtMost(open(), before + 4)
    })
  )
})

describe("a journal that cannot be used", () => {
  const damages: ReadonlyArray<readonly [string, (bytes: Buffer) => Buffer]> = [
    ["random bytes", () => Buffer.from(Array.from({ length: 9_000 }, (_, n) => (n * 7919 + (n >> 3)) % 251))],
    ["a text file", () => Buffer.from("dear diary\n".repeat(200))],
    ["cut in the middle", (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2))],
    ["cut within a page", (bytes) => bytes.subarray(0, bytes.length - 1_000)],
    [
      "a page overwritten",
      (bytes) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(4096, 0xff), bytes.subarray(8192)])
    ]
  ]
  for (const [what, damaged] of damages) {
    it.scopedLive(`${what}: fails with corrupt and is left unchanged`, () =>
      Effect.gen(function* () {
        const directory = yield* filled
        const file = database(directory)
        fs.writeFileSync(file, damaged(fs.readFileSync(file)))
        const before = contents(directory)
        for (const error of [yield* refused(directory), yield* Effect.flip(Effect.scoped(read(directory)))]) {
          assert.include(error, { _tag: "JournalFailed", reason: "corrupt" }, error.message)
          assert.include(error.message, file)
          assert.include(error.message, "Move it away")
          assert.notInclude(error.message, "\n")
          assert.deepStrictEqual(contents(directory), before)
        }
      })
    )
  }

  it.scopedLive(
    "a record that cannot be decoded fails with corrupt; its bug does not count as one without attempts",
    () =>
      Effect.gen(function* () {
        const directory = yield* filledAnd(
          "UPDATE attempts SET attempt = replace(attempt, 'bd-1', '!') WHERE rowid = 3"
        )
        const journal = yield* opened(directory)
        for (const call of [
          Effect.asVoid(journal.open),
          Effect.asVoid(journal.of(intentOf(1).beads)),
          Effect.asVoid(journal.advance(intentOf(3).actor, STEPS.Claimed))
        ]) {
          const error = yield* Effect.flip(call)
          assert.include(error, { _tag: "JournalFailed", reason: "corrupt" }, error.message)
          assert.include(error.message, database(directory))
          assert.notInclude(error.message, "\n")
        }
        assert.strictEqual(
          (yield* journal.advance(intentOf(4).actor, STEPS.Claimed)).phase,
          "claimed",
          "the others go on"
        )
      })
  )

  it.scopedLive("of a newer version: fails with newer and is left unchanged", () =>
    Effect.gen(function* () {
      const directory = yield* filledAnd(
        "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (99, 'of_tomorrow')"
      )
      const before = contents(directory)
      for (const error of [yield* refused(directory), yield* Effect.flip(Effect.scoped(read(directory)))]) {
        assert.include(error, { _tag: "JournalFailed", reason: "newer" }, error.message)
        assert.include(error.message, database(directory))
        assert.match(error.message, /99.*Use that version/)
        assert.deepStrictEqual(contents(directory), before)
      }
    })
  )

  it.scopedLive("that a newer version changes while it is open: the open attempts are refused with newer", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      yield* journal.intend(intentOf(1))
      assert.lengthOf(yield* journal.open, 1)
      yield* query(directory, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (99, 'of_tomorrow')")
      assert.include(yield* Effect.flip(journal.open), { _tag: "JournalFailed", reason: "newer" })
    })
  )

  it.scopedLive("a file in the place of the directory, and a directory in the place of the file", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      const file = path.join(directory, "file")
      fs.writeFileSync(file, "mine")
      fs.mkdirSync(database(directory))
      for (const [at, named] of [
        [file, file],
        [path.join(file, "below"), file],
        [directory, database(directory)]
      ] as const) {
        const error = yield* refused(at)
        assert.include(error, { _tag: "JournalFailed", reason: "unusable" }, error.message)
        assert.include(error.message, named)
        assert.include(error.message, "Move it away")
      }
      assert.strictEqual(fs.readFileSync(file, "utf8"), "mine")
    })
  )

  it.scopedLive("a directory that is not writable", (context) =>
    Effect.gen(function* () {
      const at = yield* scratch
      const isRoot = process.getuid?.() === 0
      if (isRoot && !mounted(at, "ro,size=64k"))
        return context.skip("a file system that is read-only cannot be mounted")
      if (isRoot) yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", [at])))
      else fs.chmodSync(at, 0o500)
      const error = yield* refused(path.join(at, "state"))
      assert.include(error, { _tag: "JournalFailed", reason: "unusable" }, error.message)
      assert.include(error.message, path.join(at, "state"))
      assert.match(error.message, /Let this user write there, or set stateDir/)
    })
  )

  it.scopedLive("a full disk before the journal is made", (context) =>
    Effect.gen(function* () {
      const disk = yield* smallDisk
      if (disk === undefined) return context.skip("a small file system cannot be mounted here")
      const directory = path.join(disk, "state")
      fs.mkdirSync(directory)
      const ballast = fill(disk)
      const error = yield* refused(directory)
      assert.include(error, { _tag: "JournalFailed", reason: "unusable" }, error.message)
      assert.include(error.message, directory)
      assert.match(error.message, /Make room on its disk/)
      assert.deepStrictEqual(
        fs.readdirSync(directory).filter((name) => !name.startsWith("journal.db")),
        ["open.db"],
        "only the lock's file"
      )
      fs.rmSync(ballast)
      yield* once(directory, (journal) => journal.intend(intentOf(1)))
    })
  )

  it.scopedLive(
    "a disk that is full later: the step fails, earlier records stay, and it works again once there is room",
    (context) =>
      Effect.gen(function* () {
        const disk = yield* smallDisk
        if (disk === undefined) return context.skip("a small file system cannot be mounted here")
        const journal = yield* opened(path.join(disk, "state"))
        yield* journal.intend(intentOf(1))
        const ballast = fill(disk)
        const big = { ...intentOf(2), digest: "x".repeat(100_000) }
        for (let times = 0; times < 3; times++) {
          const error = yield* Effect.flip(journal.intend(big))
          assert.include(error, { _tag: "JournalFailed", reason: "unusable" }, error.message)
          assert.match(error.message, /journal\.db: .*full.*Make room on its disk/)
          assert.lengthOf(yield* journal.open, 1)
        }
        const locked = yield* Effect.flip(Effect.scoped(journal.lock(LOCKING)))
        assert.match(locked.message, /lock\.db: .*ENOSPC.*Make room on its disk/)
        fs.rmSync(ballast)
        yield* journal.intend(big)
        yield* journal.advance(intentOf(1).actor, STEPS.Claimed)
        assert.deepStrictEqual(
          (yield* journal.open).map(({ phase }) => phase),
          ["claimed", "intended"]
        )
        assert.isTrue(Option.isNone(yield* Effect.scoped(journal.lock(LOCKING))))
      })
  )

  it.scopedLive(
    "a database that another process keeps locked: the step fails after a short wait, and the next one works",
    () =>
      Effect.gen(function* () {
        const directory = yield* filled
        const journal = yield* opened(directory)
        const client = createClient({ url: pathToFileURL(database(directory)).href })
        yield* Effect.addFinalizer(() => Effect.sync(() => client.close()))
        yield* Effect.promise(() => client.execute("BEGIN IMMEDIATE"))
        const error = yield* Effect.flip(journal.intend(intentOf(100)))
        assert.include(error, { _tag: "JournalFailed", reason: "unusable" }, error.message)
        assert.match(error.message, /locked.*see which one has it open/)
        assert.lengthOf(yield* journal.open, 20, "reading goes on")
        yield* Effect.promise(() => client.execute("ROLLBACK"))
        yield* journal.intend(intentOf(100)).pipe(Effect.timeout("10 seconds"))
        yield* journal.advance(intentOf(100).actor, STEPS.Claimed)
        assert.lengthOf(yield* journal.open, 21)
      })
  )
})

describe("a journal that is opened for reading", () => {
  it.scopedLive("makes nothing if there is no journal", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* read(directory)
      assert.isFalse(fs.existsSync(directory))
      assert.deepStrictEqual(
        yield* Effect.all([journal.open, journal.since(0), journal.of(intentOf(1).beads), journal.notices]),
        [[], [], [], []]
      )
      assert.include(yield* journal.version, database(directory))
    })
  )

  it.scopedLive("a database without tables is an empty journal, and is left unchanged", () =>
    Effect.gen(function* () {
      const directory = yield* scratch
      fs.writeFileSync(database(directory), "")
      assert.isEmpty(yield* (yield* read(directory)).open)
      assert.deepStrictEqual(contents(directory), { "journal.db": "" })
    })
  )

  it.scopedLive("returns the records, changes nothing, and fails to write", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      fs.chmodSync(directory, 0o755)
      const before = contents(directory)
      const run = { run: intentOf(1).run, host: "", at: 0 }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const journal = yield* read(directory)
          assert.lengthOf(yield* journal.open, 20)
          assert.lengthOf(yield* journal.of(intentOf(1).beads), 20)
          assert.lengthOf(yield* journal.since(0), 20)
          for (const call of [
            Effect.scoped(journal.lock(LOCKING)),
            journal.begin(run),
            journal.intend(intentOf(100)),
            journal.advance(intentOf(1).actor, STEPS.Claimed),
            journal.reopen(intentOf(1).actor),
            journal.notice(new Notice({ key: "k", kind: "claim_stuck", text: "t" }))
          ]) {
            const error = yield* Effect.flip(Effect.asVoid(Effect.map(call, (answer): unknown => answer)))
            assert.include(error.message, "only read")
          }
        })
      )
      assert.deepStrictEqual(contents(directory), before)
      assert.strictEqual(mode(directory), "755")
    })
  )
})

describe("the run lock on disk", () => {
  it.scopedLive("is free whatever its holder's file and the lock files of earlier versions say", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      const journal = yield* opened(directory)
      for (const text of [
        `{"process":{"pid":${process.pid},"startedAt":"1","boot":"x"},"since":0,"until":0}`,
        "not a holder",
        ""
      ]) {
        for (const name of ["lock.db.holder", "run.lock", "run.lock.takeover"]) {
          fs.writeFileSync(path.join(directory, name), text)
        }
        const held = yield* Effect.scoped(
          Effect.tap(journal.lock(LOCKING), () => {
            const holder = JSON.parse(fs.readFileSync(path.join(directory, "lock.db.holder"), "utf8"))
            assert.deepInclude(holder, LOCKING)
            assert.strictEqual(holder.process.pid, process.pid)
          })
        )
        assert.isTrue(Option.isNone(held), text)
        assert.isFalse(fs.existsSync(path.join(directory, "lock.db.holder")))
      }
    })
  )

  it.scopedLive("names its process to other runs, and does not make them wait", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      const [one, other] = [yield* opened(directory), yield* opened(directory)]
      assert.isTrue(Option.isNone(yield* one.lock(LOCKING)))
      const before = Date.now()
      assert.deepStrictEqual(yield* other.lock(LOCKING), Option.some(`process ${process.pid}`))
      fs.rmSync(path.join(directory, "lock.db.holder"))
      assert.deepStrictEqual(yield* other.lock(LOCKING), Option.some("another process"))
      assert.isBelow(Date.now() - before, 2_000)
    })
  )

  it.scopedLive("is waited for from one job to the next, though between two jobs nobody is named", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      const [settles, waits] = [yield* opened(directory), yield* opened(directory)]
      const holder = path.join(directory, "lock.db.holder")
      const job = yield* Scope.make()
      assert.isTrue(Option.isNone(yield* Scope.extend(settles.lock({ ...LOCKING, work: "job" }), job)))
      const waiting = yield* Effect.forkScoped(waits.lock(LOCKING))
      yield* Effect.sleep("1500 millis")
      // The next job's holder has the lock before it has written who it is.
      const text = fs.readFileSync(holder, "utf8")
      fs.rmSync(holder)
      yield* Effect.sleep("300 millis")
      fs.writeFileSync(holder, text)
      yield* Effect.sleep("300 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)), "it has not waited")
      yield* Scope.close(job, Exit.void)
      assert.isTrue(Option.isNone(yield* Fiber.join(waiting)))
    })
  )

  it.scopedLive("that is no database: fails, and says to remove it", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      const journal = yield* opened(directory)
      fs.writeFileSync(path.join(directory, "lock.db"), "not a lock")
      const error = yield* Effect.flip(Effect.scoped(journal.lock(LOCKING)))
      assert.include(error.message, `rm ${directory}/lock.db`)
    })
  )
})

describe("a state directory that is replaced or removed while a run holds its lock", () => {
  const replacements: ReadonlyArray<readonly [string, RegExp, (directory: string) => void]> = [
    ["removed", /it is gone while this run used it/, (at) => fs.rmSync(at, { recursive: true })],
    ["moved away", /it is gone/, (at) => fs.renameSync(at, `${at}.old`)],
    [
      "replaced by a copy",
      /another file is in its place/,
      (at) => {
        fs.cpSync(at, `${at}.copy`, { recursive: true })
        fs.renameSync(at, `${at}.old`)
        fs.renameSync(`${at}.copy`, at)
      }
    ],
    ["left without its lock", /lock\.db: it is gone/, (at) => fs.rmSync(path.join(at, "lock.db"))],
    ["left without its journal", /journal\.db: it is gone/, (at) => fs.rmSync(path.join(at, "journal.db"))],
    [
      "unreadable",
      /ENOTDIR/,
      (at) => {
        fs.renameSync(at, `${at}.old`)
        fs.writeFileSync(at, "")
      }
    ]
  ]
  for (const [how, words, replace] of replacements) {
    it.scopedLive(`${how}: no method writes any more`, () =>
      Effect.gen(function* () {
        const directory = path.join(yield* scratch, "state")
        const journal = yield* opened(directory)
        yield* journal.lock(LOCKING)
        yield* journal.begin({ run: RUN, host: "", at: 0 })
        yield* journal.intend(intentOf(1))
        replace(directory)
        for (const call of [
          journal.intend(intentOf(2)),
          journal.advance(intentOf(1).actor, STEPS.Claimed),
          journal.begin({ run: RUN, host: "", at: 0 }),
          journal.notice(new Notice({ key: "k", kind: "claim_stuck", text: "t" }))
        ]) {
          const error = yield* Effect.flip(Effect.asVoid(Effect.map(call, (answer): unknown => answer)))
          assert.strictEqual(error.reason, "unusable")
          assert.match(error.message, words)
        }
      })
    )
  }
})
