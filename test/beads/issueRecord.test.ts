import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"
import { intakeOf } from "../../src/beads/intake.ts"
import { readIssue } from "../../src/beads/issueRecord.ts"
import { Priority, type Issue } from "../../src/domain/Issue.ts"

const row = { id: "bd-1", title: "boom", status: "open", priority: 1, issue_type: "bug" }
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const issue = (more: object) => Either.getOrThrow(readIssue({ ...row, ...more }, 0)).issue

describe("readIssue", () => {
  it("an absent or null field is empty, and unknown fields are ignored", () => {
    const read = issue({ description: null, assignee: "", labels: null, holder: 7, metadata: { deep: [] } })
    assert.deepInclude(read, { description: "", assignee: undefined, labels: [], blockedBy: [], createdAt: 0 })
    assert.isUndefined(read.closedAt)
  })

  it("reads every way bd writes a time", () => {
    const at = (created_at: string) => issue({ created_at }).createdAt
    assert.strictEqual(at("2025-12-25T00:59:03.667211-08:00"), Date.UTC(2025, 11, 25, 8, 59, 3, 667))
    assert.strictEqual(at("2026-03-04T05:06:07Z"), Date.UTC(2026, 2, 4, 5, 6, 7))
    assert.strictEqual(at("2026-03-04T05:06:07.123456789Z"), Date.UTC(2026, 2, 4, 5, 6, 7, 123))
    assert.strictEqual(at("yesterday"), 0)
    assert.strictEqual(issue({ defer_until: "2026-12-01T00:00:00Z" }).deferUntil, Date.UTC(2026, 11, 1))
  })

  it("no status means open and no type means task, as in bd", () => {
    const read = Either.getOrThrow(readIssue({ id: "bd-1", priority: 0 }, 0)).issue
    assert.deepInclude(read, { status: "open", type: "task", title: "" })
  })

  it("the dependencies of bd show contain the open blockers", () => {
    const other = (id: string, status: string, dependency_type: string) => ({ ...row, id, status, dependency_type })
    const { blockedBy } = issue({
      dependencies: [
        other("bd-2", "open", "blocks"),
        other("bd-3", "closed", "blocks"),
        other("bd-4", "deferred", "blocks"),
        other("bd-5", "open", "related"),
        other("bd-6", "open", "parent-child"),
        other("bd-7", "tombstone", "blocks"),
        other("bd-8", "in_progress", "conditional-blocks")
      ]
    })
    assert.deepStrictEqual(blockedBy, ["bd-2", "bd-4", "bd-8"])
  })

  it("says which mark makes a record no work, as bd ready does", () => {
    const marks: ReadonlyArray<readonly [object, Issue["notWork"]]> = [
      [{}, undefined],
      [{ ephemeral: false, wisp: null, wisp_type: "", is_template: false, pinned: false }, undefined],
      [{ ephemeral: true }, "ephemeral"],
      [{ wisp: true }, "wisp"],
      [{ wisp_type: "heartbeat" }, "wisp"],
      [{ id: "bd-wisp-9" }, "wisp"],
      [{ id: "bd-mol-9" }, "wisp"],
      [{ id: "bd-mold" }, undefined],
      [{ is_template: true }, "template"],
      [{ pinned: true }, "pinned"]
    ]
    for (const [more, notWork] of marks) assert.strictEqual(issue(more).notWork, notWork, JSON.stringify(more))
  })

  const comment = (more: object) => ({ id: 1, issue_id: "bd-1", author: "alice", text: "x", ...more })

  it("reads acceptance criteria, design, notes and comments of every version, the oldest comment first", () => {
    const read = issue({
      acceptance_criteria: "it works",
      design: "so",
      notes: null,
      comments: [
        comment({ text: "later", created_at: "2026-01-02T00:00:00Z" }),
        comment({ id: "0198a000-0000-7000-8000-000000000001", created_at: "2026-01-01T00:00:00.5-08:00", author: null })
      ]
    })
    assert.deepInclude(read, { acceptanceCriteria: "it works", design: "so", notes: "", unread: [] })
    assert.deepStrictEqual(read.comments, [
      { author: "", createdAt: Date.UTC(2026, 0, 1, 8, 0, 0, 500), text: "x" },
      { author: "alice", createdAt: Date.UTC(2026, 0, 2), text: "later" }
    ])
    assert.deepStrictEqual(issue({ comments: null }).unread, [])
  })

  it("a text or a comment that cannot be read hides no bug: it is named as unread", () => {
    const read = issue({ acceptance_criteria: ["it works"], design: 7, notes: "n", comments: [7, comment({}), {}] })
    assert.deepInclude(read, { acceptanceCriteria: "", design: "", notes: "n" })
    assert.deepStrictEqual(read.unread, ["acceptance criteria", "design", "2 of 3 comments"])
    assert.lengthOf(read.comments, 1)
    assert.deepStrictEqual(issue({ comments: "none" }).unread, ["comments"])
    assert.deepStrictEqual(issue({ comments: [comment({ text: null })] }).unread, ["1 of 1 comments"])
  })

  const bad: ReadonlyArray<readonly [string, unknown, string]> = [
    ["a flag for an id", { ...row, id: "--all" }, "--all"],
    ["a path for an id", { ...row, id: "../bd-1" }, "../bd-1"],
    ["an id of two lines", { ...row, id: "bd-1\nbd-2" }, "bd-1 bd-2"],
    ["no id", { ...row, id: undefined }, "#3"],
    ["a number for an id", { ...row, id: 7 }, "#3"],
    ["a priority in words", { ...row, priority: "P1" }, "bd-1"],
    ["a priority out of range", { ...row, priority: 5 }, "bd-1"],
    ["half a priority", { ...row, priority: 0.5 }, "bd-1"],
    ["no priority", { id: "bd-1" }, "bd-1"],
    ["labels that are no list", { ...row, labels: "backend" }, "bd-1"],
    ["dependencies that are no objects", { ...row, dependencies: ["bd-2"] }, "bd-1"],
    ["a deferral that is no time", { ...row, defer_until: "later" }, "bd-1"],
    ["a title that is no text", { ...row, title: 7 }, "bd-1"],
    ["a mark that is neither yes nor no", { ...row, pinned: "no" }, "bd-1"],
    ["no object", "bd-1", "#3"],
    ["nothing", null, "#3"]
  ]
  for (const [what, value, label] of bad) {
    it(`${what} is a malformed issue`, () => {
      const read = readIssue(value, 2)
      assert(Either.isLeft(read))
      assert.strictEqual(read.left.label, label)
      assert.notStrictEqual(read.left.problem, "")
      assert.notMatch(read.left.problem, /\n/)
    })
  }

  it("accepts any value and never returns an unsafe id", () => {
    const key = fc.constantFrom(
      ...Object.keys(row),
      "dependencies",
      "labels",
      "assignee",
      "closed_at",
      "created_at",
      "notes",
      "comments"
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(key, fc.anything())), (value) => {
        const read = readIssue(value, 0)
        if (Either.isRight(read)) assert.match(read.right.issue.id, /^[A-Za-z0-9][A-Za-z0-9_.-]*-[A-Za-z0-9_.-]+$/)
      }),
      { numRuns: 300 }
    )
  })
})

describe("intakeOf", () => {
  it("keeps each wanted issue once, also beside a malformed row", () => {
    const { candidates, malformed } = intakeOf(
      [
        { ...row, id: "bd-a" },
        { ...row, id: "bd-a" },
        { ...row, id: "bd-b", priority: "P0" },
        { ...row, id: "bd-c", priority: 2 },
        { ...row, id: "bd-d", status: "closed" },
        { ...row, id: "bd-e", issue_type: "epic" },
        { ...row, id: "bd f", issue_type: "epic" },
        { ...row, id: "bd-g", priority: 0 },
        { ...row, id: "bd-h", priority: 3, title: 7 },
        { ...row, id: "bd-i", priority: 9 },
        { ...row, id: undefined, status: undefined, issue_type: undefined },
        "no object"
      ],
      bugs
    )
    assert.deepStrictEqual(
      candidates.map((candidate) => String(candidate.issue.id)),
      ["bd-a", "bd-g"]
    )
    assert.deepStrictEqual(
      malformed.map(({ label, mayBeWanted }) => [label, mayBeWanted]),
      [
        ["bd-b", true],
        ["bd-h", false],
        ["bd-i", true],
        ["#11", true],
        ["#12", true]
      ]
    )
  })
})
