import { assert, describe, it } from "@effect/vitest"
import { Duration, Either, FastCheck as fc } from "effect"
import * as fs from "node:fs"
import { readIssue } from "../../../src/beads/issueRecord.ts"
import { readAnswer } from "../../../src/beads/bd/answer.ts"
import { claimsAtomically, readVersion } from "../../../src/beads/bd/capabilities.ts"
import {
  errorLine,
  conflictOf,
  saysNoDatabase,
  saysNoSuchIssue,
  type Conflict
} from "../../../src/beads/bd/messages.ts"
import { storeFaultIn, type StoreFault } from "../../../src/beads/bd/storeFault.ts"
import { beadsId } from "../../contract/support.ts"
import { VERSIONS } from "./bdWorld.ts"
import { codePoint } from "../../codePoint.ts"
import { cpuTime } from "../../cpuTime.ts"

/** An answer of bd, from that version's source, and its meaning. It must not mean anything else than `means` says. */
interface Recording {
  readonly name: string
  readonly args: string
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  readonly means: {
    readonly rows?: ReadonlyArray<string>
    readonly blockedBy?: ReadonlyArray<string>
    readonly conflict?: Conflict
    readonly missing?: string
    readonly noDatabase?: boolean
    readonly reason?: StoreFault["reason"]
    readonly says?: string
    readonly version?: ReadonlyArray<number>
  }
}

const recordings = (version: string): ReadonlyArray<Recording> =>
  JSON.parse(fs.readFileSync(new URL(`../../fixtures/recorded/bd/${version}.json`, import.meta.url), "utf8"))

const err = (stderr: string) => ({ stdout: "", stderr })
const out = (stdout: string) => ({ stdout, stderr: "" })
const held = (holder: string | undefined) => ({ _tag: "Held" as const, holder })

for (const version of [...VERSIONS, "1.2.2", "1.3.0"]) {
  describe(`answers of bd ${version}`, () => {
    for (const said of recordings(version)) {
      it(`${said.name}: ${said.args}`, () => {
        const { means } = said
        const answer = readAnswer(said.stdout)
        assert.deepStrictEqual(conflictOf(said), means.conflict)
        assert.strictEqual(saysNoSuchIssue(said, beadsId(means.missing ?? "bd-9")), means.missing !== undefined)
        assert.strictEqual(saysNoDatabase(said), means.noDatabase ?? false)
        const fault = storeFaultIn({ ...said, exitCode: said.exit, signal: undefined, duration: Duration.zero })
        assert.strictEqual(fault?.reason, means.reason ?? (means.noDatabase ? "no_database" : undefined))
        assert.deepStrictEqual(readVersion(said.stdout), means.version as [number, number, number] | undefined)
        if (means.says !== undefined) assert.strictEqual(errorLine(said), means.says)
        if (means.rows === undefined) assert.notStrictEqual(answer._tag, "Rows")
        else {
          assert(answer._tag === "Rows")
          const read = answer.rows.map((row, position) => Either.getOrThrow(readIssue(row, position)))
          assert.deepStrictEqual(
            read.map((row) => String(row.issue.id)),
            [...means.rows]
          )
          if (means.blockedBy !== undefined) assert.deepStrictEqual(read[0]?.issue.blockedBy, means.blockedBy)
        }
      })
    }
  })
}

describe("readAnswer", () => {
  const tags: ReadonlyArray<readonly [string, ReturnType<typeof readAnswer>["_tag"]]> = [
    ["", "Empty"],
    [" \n\t", "Empty"],
    ["[]", "Rows"],
    ['{"schema_version":1,"data":[]}', "Rows"],
    ['{"schema_version":1,"items":[]}', "Rows"],
    ['{"id":"bd-1"}', "Rows"],
    ['{"schema_version":1,"data":{"id":"bd-1"}}', "Rows"],
    ['{"error":"no","schema_version":1}', "ErrorObject"],
    ['{"error":{"message":"no"}}', "ErrorObject"],
    ["null", "Prose"],
    ["{}", "Prose"],
    ['{"data":null}', "Prose"],
    ["42", "Prose"],
    ["○ bd-1 [● P1] [bug] - boom", "Prose"],
    ["[]\n💡 Tip: …", "Prose"],
    ['[{"id":"bd-1"', "Prose"]
  ]
  for (const [stdout, tag] of tags) {
    it(`${JSON.stringify(stdout)} is ${tag}`, () => assert.strictEqual(readAnswer(stdout)._tag, tag))
  }
})

describe("bd-XXXX.3.1 conflictOf", () => {
  const conflicts: ReadonlyArray<readonly [string, ReturnType<typeof conflictOf>]> = [
    ["Error claiming bd-1: already claimed by Recovery Agent", held("Recovery Agent")],
    ["ALREADY CLAIMED BY Recovery Agent", held("Recovery Agent")],
    ["Error: already claimed by a\r\nmore", held("a")],
    ["already claimed by Recovery Agent at 2026-01-02T03:04:05Z", held("Recovery Agent")],
    ["already claimed by Recovery Agent at 2026-01-02 03:04:05 +0100", held("Recovery Agent")],
    ["already claimed by Recovery Agent (since 2026-01-02T03:04:05.123-08:00)", held("Recovery Agent")],
    ["already claimed by Recovery Agent, 2026-01-02", held("Recovery Agent")],
    ["already claimed by agent 7 at work", held("agent 7 at work")],
    [
      "already claimed by nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1",
      held("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
    ],
    ['already claimed by "Recovery Agent"', held("Recovery Agent")],
    ["already claimed", held(undefined)],
    ["already claimed by ", held(undefined)],
    ['issue already claimed: already assigned to "Recovery Agent" — coordinate', held("Recovery Agent")],
    ['{"error":"issue already claimed by Recovery Agent"}', held("Recovery Agent")],
    ["Not Claimable: status in_progress", { _tag: "NotClaimable", status: "in_progress" }],
    ["Error claiming bd-1: serialization failure", undefined],
    ["✓ Updated issue: bd-1 — boom", undefined]
  ]
  for (const [text, conflict] of conflicts) {
    it(`bd-XXXX.3.1 reads ${JSON.stringify(text)} in either stream`, () => {
      assert.deepStrictEqual(conflictOf(err(text)), conflict)
      assert.deepStrictEqual(conflictOf(out(text)), conflict)
    })
  }

  it("bd-XXXX.3.1 ignores conflict messages in an issue's title", () => {
    const rows = JSON.stringify([{ id: "bd-1", title: "already claimed by Mallory" }])
    assert.isUndefined(conflictOf(out(rows)))
  })

  const name = fc
    .array(fc.stringMatching(/^[A-Za-z0-9_./@-]{1,12}$/), { minLength: 1, maxLength: 4 })
    .map((words) => words.join(" "))
    .filter((name) => !/\d{4}-\d{2}-\d{2}/.test(name))

  it("bd-XXXX.3.1 finds the whole name of any holder, in either stream and any casing", () => {
    const prefix = fc.constantFrom("Error claiming bd-1: ", "Error updating bd-1: operation failed: issue ", "")
    const words = fc.mixedCase(fc.constant("already claimed by"))
    const stamp = fc.constantFrom("", " at 2026-01-02T03:04:05Z", " (since 2026-01-02T03:04:05+01:00)")
    fc.assert(
      fc.property(prefix, words, name, stamp, fc.boolean(), (prefix, words, name, stamp, inStdout) => {
        const line = `some noise\n${prefix}${words} ${name}${stamp}\n`
        assert.deepStrictEqual(conflictOf(inStdout ? out(line) : err(line)), held(name))
      })
    )
  })
})

describe("saysNoSuchIssue", () => {
  const id = beadsId("bd-9")
  it("accepts only the line about this issue", () => {
    assert.isTrue(saysNoSuchIssue(err("Issue bd-9 not found\nHint: this ID may have never existed"), id))
    assert.isFalse(saysNoSuchIssue(err("Issue bd-7 not found"), id))
    assert.isFalse(saysNoSuchIssue(err('Error fetching bd-99: no issue found matching "bd-99"'), id))
    assert.isFalse(saysNoSuchIssue(err('Error fetching bd-9: get issue: no issue found matching "bd-9"'), id))
  })
  it("a summary on stdout alone is no missing issue", () => {
    assert.isFalse(saysNoSuchIssue(out('{"error":"no issues found matching the provided IDs"}'), id))
  })
  it("a missing database or table is not a missing issue", () => {
    assert.isFalse(saysNoSuchIssue(err("Error: no beads database found"), id))
    assert.isFalse(saysNoSuchIssue(err("Error fetching bd-9: table not found: issues"), id))
    assert.isFalse(saysNoSuchIssue(err(""), id))
  })
})

describe("errorLine", () => {
  it("is the line with the word error", () => {
    assert.strictEqual(errorLine(err("warning: x\n  Fix: y\nError: boom\nUsage: z")), "Error: boom")
  })
  it("is the issue's own failure, not the count of failures", () => {
    const last = '{"error":"1 of 1 issues failed to update","failed":[{"id":"bd-1","error":"it is locked"}]}'
    assert.strictEqual(errorLine(err(`${last}\n`)), "it is locked")
  })
  it("is bd's fault, not the sentence with which show ends any failure", () => {
    const stdout = '{"error":"no issues found matching the provided IDs","schema_version":1}'
    const stderr = "Error fetching bd-9: get issue: Error 1146 (HY000): table not found: leases\n"
    assert.include(errorLine({ stdout, stderr }), "table not found: leases")
    assert.strictEqual(errorLine({ stdout, stderr: "Issue bd-9 not found\n" }), "Issue bd-9 not found")
    assert.strictEqual(errorLine({ stdout, stderr: "" }), "no issues found matching the provided IDs")
  })
  it("says that bd printed no message", () => assert.strictEqual(errorLine(err(" \n")), "no message on either stream"))
})

describe("claimsAtomically", () => {
  const atomic = (text: string) => claimsAtomically(readVersion(`bd version ${text} (dev)`) ?? [0, 0, 0])
  it("is true from 0.49.4 on", () => {
    for (const version of ["0.46.0", "0.49.3", "0.9.9"]) assert.isFalse(atomic(version), version)
    for (const version of ["0.49.4", "0.49.6", "0.50.0", "0.62.0", "1.0.3"]) assert.isTrue(atomic(version), version)
  })
})

describe("the decoders accept", () => {
  const text = fc.oneof(
    fc.string({ unit: codePoint, maxLength: 200 }),
    fc.json(),
    fc.constantFrom("Error claiming ", "already claimed by ", '{"error":', "[{", "bd version ", "\n"),
    fc.json().map((json) => `Error: x\n${json}`)
  )
  it("any text in both streams", () => {
    fc.assert(
      fc.property(text, text, (stdout, stderr) => {
        const said = { stdout, stderr }
        readAnswer(stdout)
        conflictOf(said)
        saysNoSuchIssue(said, beadsId("bd-1"))
        saysNoDatabase(said)
        readVersion(stdout)
        const line = errorLine(said)
        assert.isAtMost(Array.from(line).length, 300)
        assert.notMatch(line, /[\r\n]/)
      }),
      { numRuns: 500 }
    )
  })
  it("text that is long, deep or made to be slow", () => {
    const start = cpuTime()
    for (const hard of [
      "[".repeat(200_000),
      `already claimed by ${" 2026-01-02".repeat(20_000)}`,
      `already claimed by ${" at (since ".repeat(20_000)}`,
      `already claimed by x${" ".repeat(200_000)}y`,
      "already claimed ".repeat(50_000),
      "\n".repeat(500_000)
    ]) {
      readAnswer(hard)
      conflictOf(err(hard))
      saysNoSuchIssue(err(hard), beadsId("bd-1"))
      errorLine(err(hard))
    }
    assert.isBelow(cpuTime() - start, 5_000)
  })
})
