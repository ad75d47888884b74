import { Effect, Either } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Issue, MalformedIssue } from "../../domain/Issue.ts"
import { malformed, readIssue, type IssueRow } from "../issueRecord.ts"
import { blockersOf } from "./blockers.ts"
import type { JsonlFile, Line, Row } from "./lines.ts"
import { areCopies, groupById, newest, type Positions } from "./versions.ts"

/** An issue, the text of its line, and the positions of that line and of all lines with its id. */
export interface Entry {
  readonly issue: Issue
  readonly text: string
  readonly line: number
  readonly lines: Positions
}

/** A record as far as it can be read, and its line's bytes. `row` is `undefined` if the line is no record. */
export interface Version {
  readonly row: Row | undefined
  readonly bytes: Uint8Array
}

/** The file's issues by id, and the lines that cannot be read as an issue. */
export interface JsonlIssues {
  readonly entries: ReadonlyMap<string, Entry>
  /** In file order; several lines with one id are one element. `id` is `undefined` if the line has none. */
  readonly malformed: ReadonlyArray<{
    readonly id: unknown
    readonly versions: ReadonlyArray<Version>
    readonly why: MalformedIssue
  }>
  /** The ids with older versions on other lines. `text` says which line counts. */
  readonly outdated: ReadonlyArray<{ readonly versions: ReadonlyArray<Version>; readonly text: string }>
}

/** So many line numbers are named. */
const NAMED = 5

/** `line 3`, `lines 1 and 2`. */
const named = (positions: Positions): string => {
  const numbers = positions.slice(0, NAMED).map((position) => position + 1)
  const rest = positions.length > NAMED ? `${positions.length - NAMED} more` : numbers.pop()
  return numbers.length === 0 ? `line ${rest}` : `lines ${numbers.join(", ")} and ${rest}`
}

const rowIn = (line: Line | undefined): Row | undefined =>
  line === undefined || line._tag === "Other" ? undefined : line.row

const UNDECIDED = "has different versions, and updated_at does not tell which is the newest. Remove the wrong ones"

/** Reads the issue of one line; `undefined` for a tombstone. */
const readAt = (
  { lines }: JsonlFile,
  position: number
): Either.Either<{ readonly row: IssueRow; readonly text: string } | undefined, MalformedIssue> => {
  const line = lines[position]
  if (line === undefined || line._tag === "Other") return Either.right(undefined)
  if (line._tag === "Bad") return Either.left(malformed(line.row, position, line.problem))
  if (line.isTombstone) return Either.right(undefined)
  return Either.map(readIssue(line.row, position), (row) => ({ row, text: line.text }))
}

/**
 * Reads the file's issues. `path` is the file's, also for a problem. If several lines have one id, `newest` says which one counts; if
 * it cannot say, the id is malformed: no line is known to be the valid one.
 */
export const issuesOf = (file: JsonlFile, path: string): JsonlIssues => {
  const bad: Array<JsonlIssues["malformed"][number]> = []
  const outdated: Array<JsonlIssues["outdated"][number]> = []
  const rows = new Map<string, { readonly row: IssueRow } & Omit<Entry, "issue">>()
  for (const lines of groupById(file)) {
    const id = rowIn(file.lines[lines[0]])?.["id"]
    const versions = lines.map((position) => ({
      row: rowIn(file.lines[position]),
      bytes: file.bytes[position] ?? new Uint8Array()
    }))
    const line = newest(file, lines)
    const read = line === undefined ? Either.left(malformed({ id }, lines[0], UNDECIDED)) : readAt(file, line)
    if (Either.isLeft(read)) {
      const { label, problem } = read.left
      bad.push({ id, versions, why: new MalformedIssue({ label, problem: `${problem} (${path}, ${named(lines)})` }) })
    } else if (line !== undefined && read.right !== undefined) {
      rows.set(read.right.row.issue.id, { ...read.right, line, lines })
    }
    if (line === undefined || areCopies(file, lines)) continue
    const counts = `Line ${line + 1} counts, because its updated_at is the latest. Remove the others`
    outdated.push({ versions, text: `${String(id)} has different versions on ${named(lines)} of ${path}. ${counts}` })
  }
  const entries = new Map<string, Entry>()
  for (const [id, { line, lines, row, text }] of rows) {
    // The record was checked already, and may have ten thousand comments.
    const issue = new Issue({ ...row.issue, file: path, blockedBy: blockersOf(id, rows) }, { disableValidation: true })
    entries.set(id, { issue, text, line, lines })
  }
  return { entries, malformed: bad, outdated }
}

/** The issue's entry; `undefined` if there is none. Fails if its line cannot be read, or if it is unknown which line counts. */
export const findEntry = (
  operation: string,
  { entries, malformed }: JsonlIssues,
  id: BeadsId
): Effect.Effect<Entry | undefined, TrackerFailed> => {
  const bad = malformed.find((lines) => lines.id === id)
  if (bad === undefined) return Effect.succeed(entries.get(id))
  return new TrackerFailed({ operation, reason: "unreadable", detail: bad.why.problem, blame: "tracker" })
}
