import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Logger } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { TrackerFailed, type ClaimFailed } from "../../../src/domain/Failure.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import { beadsId } from "../../contract/support.ts"
import { jsonlFile } from "./jsonlWorld.ts"

const CASES = fileURLToPath(new URL("../../fixtures/trackers", import.meta.url))
const caseOf = (name: string) => fs.readFileSync(path.join(CASES, `${name}.jsonl`))
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const row = (id: string, more: object = {}) =>
  JSON.stringify({ id, title: id, status: "open", priority: 1, issue_type: "bug", ...more })
const at = (day: number) => ({ updated_at: `2026-11-0${day}T00:00:00Z` })

/** The tracker on a file with this content, and the warnings of all its calls. */
const tracker = (content: string | Uint8Array) =>
  Effect.gen(function* () {
    const world = yield* jsonlFile(content)
    const warnings: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ logLevel, message }) => void (logLevel.label === "WARN" && warnings.push(String(message))))
    )
    const logged = yield* Layer.build(logger)
    const beads = yield* Effect.provide(BeadsCli, world.layer)
    const list = Effect.provide(beads.openBugs(bugs), logged)
    return { beads, list, warnings, world }
  })

const failureOf = <A>(call: Effect.Effect<A, ClaimFailed | TrackerFailed>) =>
  Effect.map(Effect.either(call), (result) => {
    assert(Either.isLeft(result) && result.left instanceof TrackerFailed, JSON.stringify(result))
    return result.left
  })

describe("a file of which no line may be used", () => {
  const text = `${row("bd-1")}\n`
  const files: ReadonlyArray<readonly [string, string | Uint8Array, string]> = [
    ["conflict markers", caseOf("conflict-markers"), "line 1 is a git conflict marker"],
    ["a mark that a person left behind", `${text}=======\n${row("bd-2")}\n`, "line 2 is a git conflict marker"],
    ["the mark of diff3, longer than usual", `${text}${text}|||||||||| base\r\n`, "line 3 is a git conflict marker"],
    ["UTF-16 with a byte order mark", Buffer.from(`\ufeff${text}`, "utf16le"), "line 1 is UTF-16"],
    ["UTF-16, big-endian", Buffer.from(`\ufeff${text}`, "utf16le").swap16(), "line 1 is UTF-16"],
    ["UTF-16 without a byte order mark", Buffer.from(text, "utf16le"), "line 1 is UTF-16"]
  ]
  for (const [what, content, problem] of files) {
    it.scopedLive(`${what}: every call fails, names file and line, and writes nothing`, () =>
      Effect.gen(function* () {
        const { beads, list, world } = yield* tracker(content)
        const id = beadsId("bd-1")
        const calls: ReadonlyArray<Effect.Effect<unknown, ClaimFailed | TrackerFailed>> = [
          list,
          beads.show(id),
          beads.claim(id, ours),
          beads.release(id, ours),
          beads.claimsOf("nightly-dispatch/"),
          beads.label(id, ours, "x"),
          beads.comment(id, ours, "x")
        ]
        for (const call of calls) {
          const failure = yield* failureOf(call)
          assert.deepInclude({ ...failure }, { reason: "unreadable", blame: "tracker" })
          assert.include(failure.detail, `${world.file}: ${problem}`)
        }
        assert.strictEqual(Buffer.compare(fs.readFileSync(world.file), Buffer.from(content)), 0)
      })
    )
  }
})

describe("an encoding", () => {
  it.scopedLive("a byte order mark is read, and kept by a claim", () =>
    Effect.gen(function* () {
      const { beads, list, world } = yield* tracker(`\ufeff${row("bd-1")}\n${row("bd-2")}\n`)
      assert.lengthOf((yield* list).issues, 2)
      yield* beads.claim(beadsId("bd-1"), ours)
      assert.isTrue(fs.readFileSync(world.file, "utf8").startsWith('\ufeff{"id":"bd-1"'))
      assert.strictEqual((yield* beads.show(beadsId("bd-1")))?.assignee, ours)
    })
  )

  it.scopedLive("a Latin-1 line may be wanted unless its status says that it is not, and hides no other bug", () =>
    Effect.gen(function* () {
      const latin = (id: string, more: object) => Buffer.from(`${row(id, { title: "é", ...more })}\n`, "latin1")
      const content = [latin("bd-1", {}), latin("bd-2", { status: "closed" }), latin("bd-3", { priority: 3 })]
      const { beads, list, world } = yield* tracker(Buffer.concat([...content, Buffer.from(row("bd-4"))]))
      const { issues, malformed } = yield* list
      assert.deepStrictEqual(
        issues.map(({ id }) => String(id)),
        ["bd-4"]
      )
      assert.deepStrictEqual(
        malformed.map(({ label, mayBeWanted, problem }) => [label, mayBeWanted, problem]),
        [
          ["bd-1", true, `not UTF-8 (${world.file}, line 1)`],
          ["bd-3", false, `not UTF-8 (${world.file}, line 3)`]
        ]
      )
      assert.strictEqual((yield* failureOf(beads.claim(beadsId("bd-1"), ours))).reason, "unreadable")
    })
  )
})

describe("an issue on several lines", () => {
  it.scopedLive("the newest version counts, a log line says so once, and equal copies are one bug", () =>
    Effect.gen(function* () {
      const { list, warnings, world } = yield* tracker(caseOf("union-merge-duplicates"))
      for (const { issues, malformed } of [yield* list, yield* list]) {
        assert.deepStrictEqual(
          issues.map(({ id }) => String(id)),
          ["bd-2"]
        )
        assert.isEmpty(malformed)
      }
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], `bd-1 has different versions on lines 1 and 2 of ${world.file}. Line 2 counts`)
    })
  )

  it.scopedLive("a claim leaves no older line and no copy that a reader could take for the newest", () =>
    Effect.gen(function* () {
      const future = { updated_at: "2199-01-01T00:00:00Z" }
      const lines = [row("bd-1", at(1)), row("bd-2", future), row("bd-1", future), row("bd-2", future), row("bd-3")]
      const { beads, world } = yield* tracker(`${lines.join("\n")}\n`)
      yield* beads.claim(beadsId("bd-1"), ours)
      yield* beads.claim(beadsId("bd-2"), ours)
      const rows = world
        .text()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.deepStrictEqual(
        rows.map(({ assignee, id, status }) => [id, status, assignee]),
        [
          ["bd-2", "in_progress", String(ours)],
          ["bd-1", "in_progress", String(ours)],
          ["bd-3", "open", undefined]
        ]
      )
      assert.strictEqual(world.text().split("\n")[2], lines[4])
    })
  )

  const undecided: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["the same time", [row("bd-1", at(1)), row("bd-1", { ...at(1), status: "closed" })]],
    ["no time in one of them", [row("bd-1"), row("bd-1", { ...at(1), status: "closed" })]],
    ["a time that is none", [row("bd-1", { updated_at: "later" }), row("bd-1", { ...at(1), status: "closed" })]],
    ["a newest one that is not UTF-8", [row("bd-1", at(1)), row("bd-1", { ...at(2), title: "é" })]]
  ]
  for (const [what, lines] of undecided) {
    it.scopedLive(`with ${what} may be wanted, is reported once, and is not claimed`, () =>
      Effect.gen(function* () {
        const content = Buffer.from(`${lines.join("\n")}\n`, "latin1")
        const { beads, list, world } = yield* tracker(content)
        const { issues, malformed } = yield* list
        assert.isEmpty(issues)
        assert.deepStrictEqual(
          malformed.map(({ label, mayBeWanted }) => [label, mayBeWanted]),
          [["bd-1", true]]
        )
        assert.include(malformed[0]?.problem, `(${world.file}, lines 1 and 2)`)
        assert.strictEqual((yield* failureOf(beads.claim(beadsId("bd-1"), ours))).reason, "unreadable")
        assert.strictEqual(Buffer.compare(fs.readFileSync(world.file), content), 0)
      })
    )
  }

  it.scopedLive("of which none may be wanted is not reported, and a newer tombstone deletes it", () =>
    Effect.gen(function* () {
      const closed = row("bd-1", { status: "closed" })
      const tombstone = row("bd-2", { ...at(2), status: "tombstone" })
      const lines = [closed, row("bd-1", { status: "closed", title: "x" }), row("bd-2", at(1)), tombstone]
      const { beads, list } = yield* tracker(lines.join("\n"))
      const { issues, malformed } = yield* list
      assert.deepStrictEqual([issues.length, malformed.length], [0, 0])
      assert.isUndefined(yield* beads.show(beadsId("bd-2")))
    })
  )
})

describe("records of bd", () => {
  it.scopedLive("a comment's id may be a string", () =>
    Effect.gen(function* () {
      const { list } = yield* tracker(caseOf("comment-id-is-a-string"))
      const { issues, malformed } = yield* list
      assert.deepStrictEqual([issues.map(({ id }) => String(id)), malformed.length], [["demo-1"], 0])
    })
  )

  it.scopedLive("rows that are no work say what they are", () =>
    Effect.gen(function* () {
      const { list } = yield* tracker(caseOf("not-work"))
      assert.deepStrictEqual(
        (yield* list).issues.map(({ id, notWork }) => `${id} ${notWork}`),
        ["bd-2 ephemeral", "bd-3 template", "bd-4 pinned", "bd-wisp-9 wisp"]
      )
    })
  )
})
