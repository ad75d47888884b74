import { Effect, Either, Predicate } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Issue, type MalformedIssue } from "../../domain/Issue.ts"
import { malformed, readIssue, stillBlocks, type IssueRow } from "../issueRecord.ts"
import type { JsonlFile } from "./lines.ts"

/** An issue and the text of its line. */
export interface Entry {
  readonly issue: Issue
  readonly text: string
}

/** The file's issues by id, and the lines that cannot be read as an issue. */
export interface JsonlIssues {
  readonly entries: ReadonlyMap<string, Entry>
  /** In file order. `id` and `row` are `undefined` if the line has none. */
  readonly malformed: ReadonlyArray<{
    readonly id: unknown
    readonly row: unknown
    readonly bytes: Uint8Array
    readonly why: MalformedIssue
  }>
}

type Rows = Map<string, { readonly row: IssueRow; readonly text: string }>

/** bd nests issues three deep by default. */
const MAX_ANCESTORS = 200

/**
 * The open blockers of an issue and of its parents, as in `bd ready`. An id that is not in the file belongs to a deleted
 * issue, which does not block. An id of another tracker (`external:…`) always blocks. We look at 200 parents; a parent beyond
 * these blocks too.
 */
const blockersOf = (id: string, rows: Rows): ReadonlyArray<string> => {
  const blockers = new Set<string>()
  const lineage = new Set([id])
  const blocks = (target: string) =>
    target.startsWith("external:") || stillBlocks(rows.get(target)?.row.issue.status ?? "closed")
  // The iteration of a set also visits what is added meanwhile.
  for (const member of lineage) {
    for (const { kind, target } of rows.get(member)?.row.links ?? []) {
      if (kind === "blocker" && blocks(target)) blockers.add(target)
      if (kind !== "parent" || lineage.has(target)) continue
      if (lineage.size <= MAX_ANCESTORS) lineage.add(target)
      else blockers.add(target)
    }
  }
  return [...blockers]
}

/** Reads the file's issues. If an id is on several lines, all these lines are malformed: no line is known to be the valid one. */
export const issuesOf = (file: JsonlFile): JsonlIssues => {
  const bad: Array<JsonlIssues["malformed"][number]> = []
  const rows: Rows = new Map()
  const linesWith = new Map<unknown, number>()
  for (const line of file.lines) {
    if (line._tag === "Issue") linesWith.set(line.row["id"], (linesWith.get(line.row["id"]) ?? 0) + 1)
  }
  for (const [position, line] of file.lines.entries()) {
    if (line._tag === "Other") continue
    const row = line._tag === "Issue" ? line.row : undefined
    const id = row?.["id"]
    const add = (why: MalformedIssue) => bad.push({ id, row, bytes: file.bytes[position] ?? new Uint8Array(), why })
    if (line._tag === "Bad") add(malformed(undefined, position, line.problem))
    else if (Predicate.isString(id) && (linesWith.get(id) ?? 0) > 1) {
      add(malformed(row, position, "its id is on several lines"))
    } else {
      const read = readIssue(line.row, position)
      if (Either.isLeft(read)) add(read.left)
      else rows.set(read.right.issue.id, { row: read.right, text: line.text })
    }
  }
  const entries = new Map<string, Entry>()
  for (const [id, { row, text }] of rows) {
    entries.set(id, { issue: new Issue({ ...row.issue, blockedBy: blockersOf(id, rows) }), text })
  }
  return { entries, malformed: bad }
}

/** The issue's entry; `undefined` if there is none. Fails if its line cannot be read, or if several lines have its id. */
export const findEntry = (
  operation: string,
  { entries, malformed }: JsonlIssues,
  id: BeadsId
): Effect.Effect<Entry | undefined, TrackerFailed> => {
  const bad = malformed.find((line) => line.id === id)
  if (bad === undefined) return Effect.succeed(entries.get(id))
  return new TrackerFailed({ operation, reason: "unreadable", detail: bad.why.problem, blame: "tracker" })
}
