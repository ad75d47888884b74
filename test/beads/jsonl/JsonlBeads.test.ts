import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../../src/domain/Failure.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import { beadsId } from "../../contract/support.ts"
import { jsonlFile, type JsonlWorld } from "./jsonlWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug = beadsId("bd-a")
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const line =
  '{"id":"bd-a","title":"boom \\u003c1\\u003e","status":"open","priority":1,"issue_type":"bug","big":12345678901234567890,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}'
const others = [
  Buffer.from('{"_type":"memory","key":"k","value":"v"}\n{"id":"bd-torn","tit\n'),
  Buffer.from([0xff, 0xfe, 0x00, 0x0a]),
  Buffer.from('\r\n {"id" : "bd-b", "priority":1.0, "status":"open", "issue_type":"bug", "x":1e2}\n')
]

const beadsOf = (world: JsonlWorld) => Effect.provide(BeadsCli, world.layer)
const mixed = Buffer.concat([
  ...others,
  Buffer.from(`${line}\n`),
  ...others.slice(0, 2),
  Buffer.from("no newline at the end")
])

const failure = (result: Either.Either<unknown, unknown>): TrackerFailed => {
  assert(Either.isLeft(result), `expected a failure, got ${JSON.stringify(result)}`)
  assert(result.left instanceof TrackerFailed, `expected TrackerFailed, got ${JSON.stringify(result.left)}`)
  return result.left
}

describe("JsonlBeads writes", () => {
  it.scopedLive("only the issue's own line, and keeps every other byte of the file", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(mixed)
      const beads = yield* beadsOf(world)
      yield* beads.claim(bug, ours)
      const after = fs.readFileSync(world.file)
      const start = Buffer.concat(others)
      assert.strictEqual(Buffer.compare(after.subarray(0, start.length), start), 0)
      const rest = after.subarray(start.length)
      const claimed = rest.subarray(0, rest.indexOf("\n")).toString()
      assert.strictEqual(Buffer.compare(rest.subarray(claimed.length), mixed.subarray(start.length + line.length)), 0)
      assert.match(claimed, /"boom \\u003c1\\u003e".*"big":12345678901234567890/)
      const row = JSON.parse(claimed)
      assert.deepInclude(row, { status: "in_progress", assignee: String(ours) })
      assert.isAbove(Date.parse(row.updated_at), Date.parse("2026-01-02T00:00:00Z"))

      yield* beads.release(bug, ours)
      const released = JSON.parse(
        world
          .text()
          .split("\n")
          .find((text) => text.includes('"bd-a"')) ?? ""
      )
      assert.strictEqual(released.status, "open")
      assert.notProperty(released, "assignee")
    })
  )

  it.scopedLive("nothing if the issue does not change", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(mixed)
      const beads = yield* beadsOf(world)
      yield* beads.openBugs(bugs)
      yield* beads.release(bug, ours)
      yield* Effect.either(beads.claim(beadsId("bd-none"), ours))
      assert.strictEqual(Buffer.compare(fs.readFileSync(world.file), mixed), 0)
    })
  )

  it.scopedLive("the real file behind a link, keeps its mode and leaves no other file beside it", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${line}\n`)
      const real = path.join(world.dir, "..", "real.jsonl")
      fs.renameSync(world.file, real)
      fs.symlinkSync(real, world.file)
      fs.chmodSync(real, 0o664)
      const beads = yield* beadsOf(world)
      yield* beads.claim(bug, ours)
      assert.isTrue(fs.lstatSync(world.file).isSymbolicLink())
      assert.isFalse(fs.lstatSync(real).isSymbolicLink())
      assert.strictEqual(fs.statSync(real).mode & 0o7777, 0o664)
      assert.deepStrictEqual(fs.readdirSync(path.dirname(real)).sort(), [".beads", ".nightly-dispatch", "real.jsonl"])
    })
  )

  it.scopedLive("every one of many simultaneous changes", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 12 }, (_, i) => `bd-${i}`)
      const world = yield* jsonlFile(
        ids
          .map((id) => `${JSON.stringify({ id, title: id, status: "open", priority: 1, issue_type: "bug" })}\n`)
          .join("")
      )
      // Two layers, as two processes would have them: only the lock file is between them.
      const two = [yield* beadsOf(world), yield* beadsOf(world)] as const
      yield* Effect.forEach(ids, (id, i) => (two[i % 2] ?? two[0]).claim(beadsId(id), ours), {
        concurrency: "unbounded"
      })
      const claims = yield* two[0].claimsOf("nightly-dispatch/")
      assert.lengthOf(claims, ids.length)
    })
  )

  it.scopedLive("a comment whose id is like those in the file: a UUID beside strings, also of another issue", () =>
    Effect.gen(function* () {
      const other = `{"id":"bd-b","priority":1,"comments":[{"id":"0198c0de-uuid","text":"x"}]}`
      const world = yield* jsonlFile(`${line}\n${other}\n`)
      const beads = yield* beadsOf(world)
      yield* beads.comment(bug, ours, "x")
      const [row] = world.text().split("\n")
      assert.match(String(JSON.parse(row ?? "").comments[0].id), /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    })
  )

  it.scopedLive("a comment with the next number, and keeps the other comments", () =>
    Effect.gen(function* () {
      const comments =
        '[{"id":7,"issue_id":"bd-a","author":"x","text":"\\u003cold\\u003e","created_at":"2026-01-01T00:00:00Z"}]'
      const world = yield* jsonlFile(`${line.slice(0, -1)},"comments":${comments}}\n`)
      const beads = yield* beadsOf(world)
      yield* beads.comment(bug, ours, "two\nlines")
      assert.include(world.text(), comments.slice(0, -1))
      const row = JSON.parse(world.text())
      assert.deepInclude(row.comments[1], { id: 8, issue_id: "bd-a", author: String(ours), text: "two\nlines" })
      assert.match(failure(yield* Effect.either(beads.comment(beadsId("bd-z"), ours, "x"))).detail, /no such issue/)
    })
  )
})

describe("JsonlBeads reads", () => {
  it.scopedLive("the other lines beside a malformed one, which it reports", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(mixed)
      const beads = yield* beadsOf(world)
      const intake = yield* beads.openBugs(bugs)
      assert.sameMembers(
        intake.issues.map((issue) => String(issue.id)),
        ["bd-a", "bd-b"]
      )
      assert.deepStrictEqual(
        intake.malformed.map((bad) => `${bad.label} ${bad.problem}`),
        [2, 3, 8, 9, 10].map((line) => `#${line} not a JSON object (${world.file}, line ${line})`)
      )
    })
  )

  it.scopedLive("an issue with the file that holds it, for an agent that cannot ask bd", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${line}\n`)
      const beads = yield* beadsOf(world)
      assert.strictEqual((yield* beads.show(bug))?.file, fs.realpathSync(world.file))
      assert.strictEqual((yield* beads.openBugs(bugs)).issues[0]?.file, fs.realpathSync(world.file))
    })
  )

  it.scopedLive("an issue whose newest version is unknown as unreadable, and does not claim it", () =>
    Effect.gen(function* () {
      const other = line.replace('"open"', '"closed"')
      const world = yield* jsonlFile(`${line}\n${other}\n`)
      const beads = yield* beadsOf(world)
      assert.strictEqual(failure(yield* Effect.either(beads.claim(bug, ours))).reason, "unreadable")
      assert.strictEqual(failure(yield* Effect.either(beads.show(bug))).reason, "unreadable")
      assert.strictEqual(world.text(), `${line}\n${other}\n`)
    })
  )

  it.scopedLive("a closing date, and does not claim an issue that has one", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${line.slice(0, -1)},"closed_at":"2026-01-02T00:00:00Z"}\n`)
      const beads = yield* beadsOf(world)
      const result = yield* Effect.either(beads.claim(bug, ours))
      assert(Either.isLeft(result) && result.left instanceof ClaimFailed)
      assert.strictEqual(result.left.reason, "not_open")
    })
  )

  it.scopedLive("a missing file as no_database, not as an empty tracker", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile("")
      fs.rmSync(world.file)
      const beads = yield* beadsOf(world)
      for (const result of [
        yield* Effect.either(beads.openBugs(bugs)),
        yield* Effect.either(beads.claim(bug, ours)),
        yield* Effect.either(beads.claimsOf("x"))
      ]) {
        assert.deepInclude(failure(result), { reason: "no_database", blame: "config" })
      }
    })
  )
})

describe("a file beside a bd database", () => {
  const metadata = (content: object) => (dir: string) =>
    fs.writeFileSync(path.join(dir, "metadata.json"), JSON.stringify(content))
  const file =
    (name: string, text = "") =>
    (dir: string) =>
      fs.writeFileSync(path.join(dir, name), text)
  const folder = (name: string) => (dir: string) => fs.mkdirSync(path.join(dir, name))

  const exports: ReadonlyArray<readonly [string, ReadonlyArray<(dir: string) => void>]> = [
    ["beads.db", [file("beads.db")]],
    ["dolt/", [folder("dolt")]],
    ["embeddeddolt/", [folder("embeddeddolt")]],
    ["a redirect", [file("redirect", "../other/.beads")]],
    ["metadata.json naming Dolt", [metadata({ database: "dolt", backend: "dolt" })]],
    ["metadata.json naming a Dolt server", [metadata({ database: "beads", dolt_mode: "server" })]],
    ["metadata.json that cannot be read", [file("metadata.json", "{")]],
    ["beads.db, with no-db only in a comment", [file("beads.db"), file("config.yaml", "# no-db: true\n")]],
    ["beads.db, with no-db off", [file("beads.db"), file("config.yaml", "no-db: false\n")]]
  ]
  for (const [what, make] of exports) {
    it.scopedLive(`is only an export, so every call fails, beside ${what}`, () =>
      Effect.gen(function* () {
        const world = yield* jsonlFile(`${line}\n`)
        for (const add of make) add(world.dir)
        const beads = yield* beadsOf(world)
        for (const result of [
          yield* Effect.either(beads.openBugs(bugs)),
          yield* Effect.either(beads.claim(bug, ours))
        ]) {
          assert.deepInclude(failure(result), { reason: "no_database", blame: "config" })
          assert.match(failure(result).detail, /only an export/)
        }
        assert.strictEqual(world.text(), `${line}\n`)
      })
    )
  }

  const trackers: ReadonlyArray<readonly [string, ReadonlyArray<(dir: string) => void>]> = [
    ["nothing else", []],
    ["metadata.json of a SQLite database that is not there", [metadata({ database: "beads.db" })]],
    ["a backup", [file("beads.db.backup-1.db"), file("vc.db")]],
    ["a database, where config.yaml says no-db", [file("beads.db"), file("config.yaml", "x: 1\nno-db: true # file\n")]]
  ]
  for (const [what, make] of trackers) {
    it.scopedLive(`is the tracker beside ${what}`, () =>
      Effect.gen(function* () {
        const world = yield* jsonlFile(`${line}\n`)
        for (const add of make) add(world.dir)
        const beads = yield* beadsOf(world)
        yield* beads.claim(bug, ours)
        assert.strictEqual((yield* world.elsewhere.read("bd-a")).assignee, ours)
      })
    )
  }
})
