import { Effect, Either, Option } from "effect"
import { isNotUndefined } from "effect/Predicate"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { MalformedIssue, type Issue } from "../../domain/Issue.ts"
import { issueOf, malformed, readIssue, type IssueFields, type IssueRow } from "../issueRecord.ts"
import { blockersOf } from "./blockers.ts"
import { textOf, type JsonlFile, type Line, type Row } from "./lines.ts"
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

const rowIn = (line: Line): Row | undefined => (line._tag === "Other" ? undefined : line.row)

/** The record of this line as far as it can be read, and its bytes. */
export const versionAt = (file: JsonlFile, position: number): Version => ({
  row: rowIn(file.line(position)),
  bytes: file.bytes(position)
})

const UNDECIDED = "has different versions, and updated_at does not tell which is the newest. Remove the wrong ones"

/** Reads the issue of one line; `undefined` for a tombstone. */
const readAt = (file: JsonlFile, position: number): Either.Either<IssueRow | undefined, MalformedIssue> => {
  const line = file.line(position)
  if (line._tag === "Bad") return Either.left(malformed(line.row, position, line.problem))
  return line._tag === "Other" || line.isTombstone ? Either.right(undefined) : readIssue(line.row, position)
}

/** Reads the line that counts of these, which have one id. */
const readGroup = (file: JsonlFile, lines: Positions) => {
  const line = newest(file, lines)
  const undecided = () => malformed({ id: rowIn(file.line(lines[0]))?.["id"] }, lines[0], UNDECIDED)
  return { line, read: line === undefined ? Either.left(undecided()) : readAt(file, line) }
}

/** The record with an id; each is read once. */
const cachedRows = (file: JsonlFile, linesOf: (id: string) => Positions | undefined) => {
  const rows = new Map<string, IssueRow | undefined>()
  const find = (id: string): IssueRow | undefined => {
    const lines = linesOf(id)
    return lines === undefined ? undefined : Option.getOrUndefined(Either.getRight(readGroup(file, lines).read))
  }
  return (id: string): IssueRow | undefined => {
    if (!rows.has(id)) rows.set(id, find(id))
    return rows.get(id)
  }
}

/** The entry of an issue that was read from the file. */
class FileEntry implements Entry {
  readonly issue: Issue
  readonly line: number
  readonly lines: Positions
  readonly #file: JsonlFile

  constructor(file: JsonlFile, issue: Issue, line: number, lines: Positions) {
    this.#file = file
    this.issue = issue
    this.line = line
    this.lines = lines
  }

  /** Only a change needs it, and the texts of all lines are as large as the file. */
  get text() {
    return textOf(this.#file.bytes(this.line))
  }
}

/** What is asked of the file. */
export interface Asked {
  /** Leaves out an id without a version for which this holds; `undefined` stands for a line that is no record. */
  readonly isAsked: (row: Row | undefined) => boolean
  /** Leaves out an issue for which this does not hold, before its blockers are looked for. */
  readonly isWanted: (issue: IssueFields) => boolean
}

/**
 * Reads the issues of these groups of lines. `linesOf` finds the lines of an issue that one of them waits for. A record that cannot
 * be read is listed, whether or not it is wanted.
 */
export const readGroups = (
  file: JsonlFile,
  path: string,
  groups: Iterable<Positions>,
  linesOf: (id: string) => Positions | undefined,
  isWanted: Asked["isWanted"] = () => true
): JsonlIssues => {
  const bad: Array<JsonlIssues["malformed"][number]> = []
  const outdated: Array<JsonlIssues["outdated"][number]> = []
  const entries = new Map<string, Entry>()
  const rowOf = cachedRows(file, linesOf)
  for (const lines of groups) {
    const { line, read } = readGroup(file, lines)
    const idIn = () => rowIn(file.line(lines[0]))?.["id"]
    const versionsIn = () => lines.map((position) => versionAt(file, position))
    if (Either.isLeft(read)) {
      const { label, problem } = read.left
      bad.push({
        id: idIn(),
        versions: versionsIn(),
        why: new MalformedIssue({ label, problem: `${problem} (${path}, ${named(lines)})` })
      })
    } else if (line !== undefined && read.right !== undefined && isWanted(read.right.fields)) {
      const row = read.right
      const { fields } = row
      const blockedBy = blockersOf(fields.id, (other) => (other === fields.id ? row : rowOf(other)))
      // `fields` is not used again.
      const issue = issueOf({ ...fields, file: path, blockedBy })
      entries.set(fields.id, new FileEntry(file, issue, line, lines))
    }
    if (line === undefined || areCopies(file, lines)) continue
    const counts = `Line ${line + 1} counts, because its updated_at is the latest. Remove the others`
    outdated.push({
      versions: versionsIn(),
      text: `${String(idIn())} has different versions on ${named(lines)} of ${path}. ${counts}`
    })
  }
  return { entries, malformed: bad, outdated }
}

/**
 * Reads the file's issues. `path` is the file's, also for a problem. If several lines have one id, `newest` says which one counts; if
 * it cannot say, the id is malformed: no line is known to be the valid one.
 */
export const issuesOf = (
  file: JsonlFile,
  path: string,
  { isAsked = () => true, isWanted }: Partial<Asked> = {}
): JsonlIssues => {
  const asked = new Set<string | number>()
  const groups = groupById(file, undefined, (key, row) => {
    if (isAsked(row)) asked.add(key)
  })
  const these = Array.from(groups, ([key, lines]) => (asked.has(key) ? lines : undefined)).filter(isNotUndefined)
  return readGroups(file, path, these, (id) => groups.get(id), isWanted)
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
