import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { claimsIn, isInProgress } from "../../../src/beads/jsonl/claims.ts"
import { issuesOf } from "../../../src/beads/jsonl/issues.ts"
import { readJsonl, type Line } from "../../../src/beads/jsonl/lines.ts"

const PREFIX = "nightly-dispatch/"
const row = (id: string, more: object = {}) =>
  JSON.stringify({ id, title: id, priority: 1, status: "in_progress", assignee: `${PREFIX}a/1`, ...more })
const read = (...lines: ReadonlyArray<string>) => readJsonl(Buffer.from(lines.join("\n")))

/** Each character of a text as it is, as hex digits or, for a slash, behind a backslash. */
const spelled = (text: string) =>
  fc.constantFrom(
    text,
    text.replaceAll("/", "\\/"),
    [...text].map((char) => `\\u00${char.codePointAt(0)?.toString(16)}`).join(""),
    text.replace("g", "\\u0067")
  )

const record = fc
  .record({
    id: fc.constantFrom("bd-a", "bd-b", "bd-c", "bd d"),
    status: fc.constantFrom("open", "in_progress", "closed", "tombstone"),
    assignee: fc.constantFrom(`${PREFIX}a/1`, "nightly-dispatcher", "ann", "").chain(spelled),
    priority: fc.constantFrom(0, 1, 9),
    updated: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "never"),
    on: fc.constantFrom("bd-a", "bd-b")
  })
  .map(({ assignee, id, on, priority, status, updated }) =>
    row(id, {
      status,
      priority,
      assignee: "WHO",
      updated_at: updated,
      dependencies: [{ depends_on_id: on, type: "blocks" }]
    }).replace("WHO", assignee)
  )
const torn = row("bd-torn").slice(0, -1)
const content = fc.array(fc.oneof({ weight: 6, arbitrary: record }, fc.constantFrom(torn, "{", "")), { maxLength: 9 })

/** The same from all lines: the definition. */
const claimsOfAll = (lines: ReadonlyArray<string>, prefix: string) => {
  const { entries, malformed } = issuesOf(read(...lines), "f")
  return {
    issues: Array.from(entries.values(), ({ issue }) => issue).filter(
      ({ assignee, status }) => status === "in_progress" && assignee?.startsWith(prefix)
    ),
    unreadable: malformed
      .filter(({ versions }) =>
        versions.some(({ bytes, row }) =>
          row === undefined
            ? Buffer.from(bytes).includes(`"${prefix}`) && Buffer.from(bytes).includes("in_progress")
            : row["status"] === "in_progress" && String(row["assignee"]).startsWith(prefix)
        )
      )
      .map(({ why }) => why.label)
  }
}

describe("the claims of a file", () => {
  it("are the same as when each line is read", () => {
    fc.assert(
      fc.property(content, fc.constantFrom(PREFIX, "ann", ""), (lines, prefix) => {
        const found = claimsIn(readJsonl(Buffer.from(lines.join("\n")), isInProgress), "f", prefix)
        assert.deepStrictEqual(found, claimsOfAll(lines, prefix))
      }),
      { numRuns: 1000 }
    )
  })

  it("are the same for more claims than are looked for one by one", () => {
    const lines = Array.from({ length: 30 }, (_, n) => row(`bd-${n}`, { dependencies: [{ depends_on_id: "bd-29" }] }))
    const older = row("bd-3", { status: "open", updated_at: "2026-01-01T00:00:00Z" })
    const all = [...lines, older, torn]
    const found = claimsIn(read(...all), "f", PREFIX)
    assert.deepStrictEqual(found, claimsOfAll(all, PREFIX))
    assert.deepStrictEqual([found.issues.length, found.unreadable], [29, ["bd-3", "#32"]])
  })

  it("are found without parsing the lines that cannot be one", () => {
    const lines = Array.from({ length: 100 }, (_, n) => row(`bd-${n}`, { assignee: n === 7 ? `${PREFIX}a/1` : "ann" }))
    const file = read(...lines)
    const positions: Array<number> = []
    const line = (position: number): Line => {
      positions.push(position)
      return file.line(position)
    }
    assert.lengthOf(claimsIn({ ...file, line }, "f", PREFIX).issues, 1)
    assert.deepStrictEqual([...new Set(positions)], [7])
  })
})
