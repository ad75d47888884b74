import { Effect, Either, Predicate } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Issue, type MalformedIssue } from "../../domain/Issue.ts"
import { malformed, readIssue, stillBlocks, type IssueRow, type Link } from "../issueRecord.ts"
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
    /** The line, as far as it is UTF-8. */
    readonly text: string
    readonly why: MalformedIssue
  }>
}

type Rows = Map<string, { readonly row: IssueRow; readonly text: string }>

/**
 * The open blockers of an issue and of its parents, as in `bd ready`. An id that is not in the file belongs to a deleted
 * issue, which does not block. An id of another tracker (`external:…`) always blocks.
 */
const blockersOf = (id: string, rows: Rows, visited: Set<string>): ReadonlyArray<string> => {
  if (visited.has(id)) return []
  visited.add(id)
  const blocks = ({ target }: Link) =>
    target.startsWith("external:") || stillBlocks(rows.get(target)?.row.issue.status ?? "closed")
  return (rows.get(id)?.row.links ?? []).flatMap((link) => {
    if (link.kind === "parent") return blockersOf(link.target, rows, visited)
    return link.kind === "blocker" && blocks(link) ? [link.target] : []
  })
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
    const text = Buffer.from(file.bytes[position] ?? []).toString()
    const add = (why: MalformedIssue) => bad.push({ id, row, text, why })
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
    const blockedBy = [...new Set(blockersOf(id, rows, new Set()))]
    entries.set(id, { issue: new Issue({ ...row.issue, blockedBy }), text })
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
