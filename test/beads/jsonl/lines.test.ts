import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { BeadsId } from "../../../src/domain/Ids.ts"
import * as jsonl from "../../../src/beads/jsonl/issues.ts"
import { readJsonl, withLine, type JsonlFile, type Row } from "../../../src/beads/jsonl/lines.ts"
import { issueOf } from "../../../src/beads/jsonl/someIssues.ts"
import { appendElement, editObject, memberText } from "../../../src/beads/jsonl/edit.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)
const issue = (id: string, more: object = {}) =>
  JSON.stringify({ id, title: id, status: "open", priority: 1, issue_type: "bug", ...more })
const issuesOf = (file: JsonlFile) => jsonl.issuesOf(file, "issues.jsonl")
const file = (...lines: ReadonlyArray<string>) => readJsonl(bytes(`${lines.join("\n")}\n`))
const depends = (id: string, on: string, type = "blocks") => ({
  dependencies: [{ issue_id: id, depends_on_id: on, type, created_at: "2026-01-01T00:00:00Z" }]
})

describe("issuesOf", () => {
  it("skips other records and tombstones, and lists malformed lines", () => {
    const { entries, malformed } = issuesOf(
      file(
        issue("bd-1"),
        '{"_type":"memory","key":"x","value":"y"}',
        `{"_type":"issue",${issue("bd-2").slice(1)}`,
        issue("bd-6ns7", { status: "tombstone", deleted_at: "2025-12-23T04:51:29.436788-08:00" }),
        '{"id":"bd-3","title":"to',
        "<<<<<<< HEAD",
        "[1]",
        issue("bd-4", { priority: "P1" }),
        ""
      )
    )
    assert.deepStrictEqual([...entries.keys()], ["bd-1", "bd-2"])
    assert.deepStrictEqual(
      malformed.map(({ why }) => why.label),
      ["#5", "#6", "#7", "bd-4"]
    )
  })

  const blockedBy = (...lines: ReadonlyArray<string>) => [
    ...(issuesOf(file(...lines)).entries.get("bd-1")?.issue.blockedBy ?? [])
  ]

  it("an issue blocks until it is closed", () => {
    const waits = issue("bd-1", depends("bd-1", "bd-2"))
    for (const status of ["open", "in_progress", "blocked", "deferred"]) {
      assert.deepStrictEqual(blockedBy(waits, issue("bd-2", { status })), ["bd-2"], status)
    }
    assert.deepStrictEqual(blockedBy(waits, issue("bd-2", { status: "closed" })), [])
    assert.deepStrictEqual(blockedBy(waits, issue("bd-2", { status: "tombstone" })), [])
    assert.deepStrictEqual(blockedBy(waits), [], "deleted")
    assert.deepStrictEqual(blockedBy(issue("bd-1", depends("bd-1", "external:x:bd-9"))), ["external:x:bd-9"])
    assert.deepStrictEqual(blockedBy(issue("bd-1", depends("bd-1", "bd-2", "related")), issue("bd-2")), [])
  })

  it("the blocker of a parent blocks its child, also in a circle of parents", () => {
    const child = issue("bd-1", depends("bd-1", "bd-2", "parent-child"))
    assert.deepStrictEqual(blockedBy(child, issue("bd-2")), [])
    assert.deepStrictEqual(blockedBy(child, issue("bd-2", depends("bd-2", "bd-3")), issue("bd-3")), ["bd-3"])
    assert.deepStrictEqual(blockedBy(child, issue("bd-2", depends("bd-2", "bd-1", "parent-child"))), [])
  })

  it("the blocker at the top of 150 parents blocks; a parent that is further up than 200 blocks by itself", () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, n) => issue(`bd-${n + 1}`, depends(`bd-${n + 1}`, `bd-${n + 2}`, "parent-child")))
    const blocker = issue("bd-b")
    const top = (n: number) => issue(`bd-${n}`, depends(`bd-${n}`, "bd-b"))
    assert.deepStrictEqual(blockedBy(...chain(150), top(151), blocker), ["bd-b"])
    assert.deepStrictEqual(blockedBy(...chain(20_000)), ["bd-202"])
  })

  it("a line that is too long, or nests too deep, is malformed and hides no other", () => {
    const long = issue("bd-2", { description: "x".repeat(1024 * 1024) })
    const deep = `{"id":"bd-3","priority":1,"title":${"[".repeat(100_000)}${"]".repeat(100_000)}}`
    const { entries, malformed } = issuesOf(file(issue("bd-1"), long, deep, issue("bd-4")))
    assert.deepStrictEqual([...entries.keys()], ["bd-1", "bd-4"])
    assert.deepStrictEqual(
      malformed.map(({ why }) => `${why.label}: ${why.problem}`),
      [
        "bd-2: 2 MiB long; a line may have 1 MiB (issues.jsonl, line 2)",
        "bd-3: title: expected string, actual a list (issues.jsonl, line 3)"
      ]
    )
  })

  it("accepts any bytes and keeps each of them", () => {
    const line = fc.oneof(fc.json(), fc.string(), fc.constantFrom(issue("bd-1"), issue("bd-2"), "", "\r"))
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(line, { maxLength: 8 }).map((lines) => bytes(lines.join("\n")))
    )
    fc.assert(
      fc.property(content, (content) => {
        const read = readJsonl(content)
        issuesOf(read)
        const first = read.bytes(0)
        assert.strictEqual(
          Buffer.compare(
            withLine(read, 0, Buffer.from(first).toString("latin1")).content,
            Buffer.concat([bytes(Buffer.from(first).toString("latin1")), content.subarray(first.length)])
          ),
          0
        )
      }),
      { numRuns: 300 }
    )
  })
})

describe("a file of which only some records are read", () => {
  const ids = ["bd-a", "bd-b", "bd-c", "bd-dd"]
  const spelled = fc.tuple(fc.constantFrom(...ids), fc.boolean()).map(([id, isEscaped]) => {
    // As a foreign writer may spell it: each character as four hex digits.
    const hex = [...id].map((char) => `\\u00${char.codePointAt(0)?.toString(16)}`).join("")
    return isEscaped ? hex : id
  })
  const record = fc
    .record({
      id: spelled,
      on: fc.constantFrom(...ids, 'bd-"x"', "external:x-1"),
      type: fc.constantFrom("blocks", "parent-child", "related"),
      status: fc.constantFrom("open", "closed", "in_progress", "tombstone"),
      priority: fc.constantFrom(0, 1, 4, 9),
      updated: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "never")
    })
    .map(({ id, on, priority, status, type, updated }) =>
      issue("ID", { status, priority, updated_at: updated, ...depends("x", on, type) }).replaceAll('"ID"', `"${id}"`)
    )
  const content = fc
    .array(fc.oneof(record, fc.constantFrom("", "{", '"bd-a"', '{"_type":"x","id":"bd-a"}')), { maxLength: 8 })
    .map((lines) => Buffer.concat([bytes(lines.join("\n")), Buffer.of(0x0a, 0xff)]))
  const beadsIds = ids.map((id) => BeadsId.make(id))
  const of = ({ entries, malformed }: jsonl.JsonlIssues, id: string) => ({
    entry: entries.get(id)?.issue,
    line: entries.get(id)?.line,
    text: entries.get(id)?.text,
    malformed: malformed.filter((each) => each.id === id).map(({ why }) => why)
  })

  it("gives the same issue by its id as in the whole file, with the same blockers", () => {
    fc.assert(
      fc.property(content, (content) => {
        const all = issuesOf(readJsonl(content))
        for (const id of beadsIds)
          assert.deepStrictEqual(of(issueOf(readJsonl(content), "issues.jsonl", id), id), of(all, id))
      }),
      { numRuns: 500 }
    )
  })

  it("gives the same issues that are asked for, whether or not the others stay in memory", () => {
    const isAsked = (row: Row | undefined) => row?.["status"] === "open"
    fc.assert(
      fc.property(content, (content) => {
        const all = issuesOf(readJsonl(content))
        const some = jsonl.issuesOf(readJsonl(content, isAsked), "issues.jsonl", { isAsked })
        for (const [id, { issue }] of all.entries)
          if (issue.status === "open") assert.deepStrictEqual(of(some, id), of(all, id))
      }),
      { numRuns: 500 }
    )
  })

  it("by an id reads only the lines that may be it", () => {
    const lines = Array.from({ length: 1000 }, (_, n) =>
      issue(`bd-${n}`, { title: "a" }).replace('"a"', '"a \\u003cb\\u003e"')
    )
    const read = file(...lines)
    assert.deepStrictEqual(read.mayHold(BeadsId.make("bd-7")), [7])
  })
})

describe("editObject", () => {
  it("changes, adds and removes members, and keeps the text of the others", () => {
    const line =
      ' {"id":"bd-1", "n":12345678901234567890,"x":1.0,"t":"\\u003cb\\u003e, \\"status\\":1", "status":"open"}\r'
    assert.strictEqual(
      editObject(line, { status: '"in_progress"', assignee: '"me"', x: undefined, none: undefined }),
      ' {"id":"bd-1","n":12345678901234567890,"t":"\\u003cb\\u003e, \\"status\\":1","status":"in_progress","assignee":"me"}\r'
    )
    assert.strictEqual(editObject("{}", { a: "1" }), '{"a":1}')
    assert.strictEqual(editObject('{"a":1}', { a: undefined }), "{}")
  })

  it("keeps a value that is nested too deep for a recursive parser", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
    assert.strictEqual(editObject(`{"a":${deep},"b":1}`, { b: "2" }), `{"a":${deep},"b":2}`)
    assert.strictEqual(memberText(`{"b":1 , "a" : ${deep} }`, "a"), deep)
  })

  it("edits the text as the same change edits the value", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
    const edits = fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined }), { noNullPrototype: true })
    fc.assert(
      fc.property(object, edits, fc.constantFrom(undefined, 1, "\t"), (object, edits, indent) => {
        const before = JSON.parse(JSON.stringify(object))
        const texts = Object.fromEntries(
          Object.entries(edits).map(([name, value]) => [name, value === undefined ? undefined : JSON.stringify(value)])
        )
        const after = JSON.parse(editObject(JSON.stringify(object, null, indent), texts))
        const expected = JSON.parse(JSON.stringify({ ...before, ...edits }))
        assert.deepStrictEqual(after, expected)
        for (const name of Object.keys(before)) {
          assert.deepStrictEqual(JSON.parse(memberText(JSON.stringify(object, null, indent), name) ?? ""), before[name])
        }
      }),
      { numRuns: 300 }
    )
  })
})

describe("appendElement", () => {
  it("appends to an array, an empty array and a missing one", () => {
    assert.strictEqual(appendElement('[{"n":1.0} , 2]', "3"), '[{"n":1.0} , 2,3]')
    assert.strictEqual(appendElement("[ ]", "3"), "[3]")
    assert.strictEqual(appendElement(undefined, "3"), "[3]")
    assert.strictEqual(appendElement("null", "3"), "[3]")
  })
})

it("withLine replaces only one line", () => {
  const read = readJsonl(bytes("a\nb\n\nc"))
  assert.strictEqual(text(withLine(read, 1, "BB").content), "a\nBB\n\nc")
  assert.strictEqual(text(withLine(read, 0, "").content), "\nb\n\nc")
  assert.strictEqual(text(withLine(read, 3, "").content), "a\nb\n\n")
})
