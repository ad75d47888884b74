import { Either, Option, Predicate, Schema } from "effect"
import { Issue, type MalformedIssue } from "../../domain/Issue.ts"
import { keepsWaiting, malformed, readIssue, type IssueRow, type Link } from "../issueRecord.ts"

/** One line of the file: an issue, something else that is left alone, or something that should be an issue and is not. */
export type Line =
  | { readonly _tag: "Issue"; readonly text: string; readonly row: Readonly<Record<string, unknown>> }
  | { readonly _tag: "Other" }
  | { readonly _tag: "Bad"; readonly problem: string }

/** The file as it is on disk, byte for byte, and what each line is. Line `n` is `bytes[n]`, without its newline. */
export interface JsonlFile {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly lines: ReadonlyArray<Line>
}

const NEWLINE = 0x0a
const utf8 = new TextDecoder("utf-8", { fatal: true })
const parse = Schema.decodeOption(Schema.parseJson())

const split = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return [...lines, bytes.subarray(start)]
}

const readLine = (bytes: Uint8Array): Line => {
  const text = Option.getOrUndefined(Option.liftThrowable(() => utf8.decode(bytes))())
  if (text === undefined) return { _tag: "Bad", problem: "not UTF-8" }
  if (text.trim() === "") return { _tag: "Other" }
  const row = Option.getOrUndefined(parse(text))
  if (row === undefined) return { _tag: "Bad", problem: "not JSON" }
  if (!Predicate.isRecord(row)) return { _tag: "Bad", problem: "not an object" }
  const isIssue = (row["_type"] ?? "issue") === "issue" && row["status"] !== "tombstone"
  return isIssue ? { _tag: "Issue", text, row } : { _tag: "Other" }
}

/** Reads the file, total on any bytes. Other records (`_type`) and tombstones are `Other`. */
export const readJsonl = (content: Uint8Array): JsonlFile => {
  const bytes = split(content)
  return { bytes, lines: bytes.map(readLine) }
}

/** The file with another text in one line; every other byte is as it was. */
export const withLine = (file: JsonlFile, line: number, text: string): Uint8Array => {
  const bytes = file.bytes.with(line, new TextEncoder().encode(text))
  const content = new Uint8Array(bytes.reduce((size, line) => size + line.length + 1, -1))
  let at = 0
  for (const line of bytes) {
    if (at > 0) content[at - 1] = NEWLINE
    content.set(line, at)
    at += line.length + 1
  }
  return content
}

/** An issue, the line it stands on, and that line's text. */
export interface Entry {
  readonly issue: Issue
  readonly line: number
  readonly text: string
}

/** The file's issues and what is wrong with the lines that are none. */
export interface JsonlIssues {
  readonly entries: ReadonlyMap<string, Entry>
  /** By line; `id` where the line has one. */
  readonly malformed: ReadonlyArray<{ readonly id: unknown; readonly row: unknown; readonly why: MalformedIssue }>
}

type Read = { readonly row: IssueRow; readonly line: number; readonly text: string }

/**
 * What an issue waits for: its blockers that are not closed, and those of its parents, as in `bd ready`. An id that is
 * not in the file is a deleted issue and blocks nobody; one of another tracker (`external:…`) always does.
 */
const blockersOf = (id: string, rows: ReadonlyMap<string, Read>, seen: Set<string>): ReadonlyArray<string> => {
  if (seen.has(id)) return []
  seen.add(id)
  const blocks = ({ target }: Link) =>
    target.startsWith("external:") || keepsWaiting(rows.get(target)?.row.issue.status ?? "closed")
  return (rows.get(id)?.row.links ?? []).flatMap((link) => {
    if (link.kind === "parent") return blockersOf(link.target, rows, seen)
    return link.kind === "blocker" && blocks(link) ? [link.target] : []
  })
}

/** The file's issues. An id on two lines is on neither: which one counts cannot be told. */
export const issuesOf = (file: JsonlFile): JsonlIssues => {
  const bad: Array<JsonlIssues["malformed"][number]> = []
  const rows = new Map<string, Read>()
  const count = new Map<unknown, number>()
  for (const line of file.lines) {
    if (line._tag === "Issue") count.set(line.row["id"], (count.get(line.row["id"]) ?? 0) + 1)
  }
  for (const [at, line] of file.lines.entries()) {
    if (line._tag === "Other") continue
    const row = line._tag === "Issue" ? line.row : undefined
    const id = row?.["id"]
    const add = (why: MalformedIssue) => bad.push({ id, row, why })
    if (line._tag === "Bad") add(malformed(undefined, at, line.problem))
    else if (Predicate.isString(id) && (count.get(id) ?? 0) > 1) add(malformed(row, at, "its id is on several lines"))
    else {
      const read = readIssue(line.row, at)
      if (Either.isLeft(read)) add(read.left)
      else rows.set(read.right.issue.id, { row: read.right, line: at, text: line.text })
    }
  }
  const entries = new Map<string, Entry>()
  for (const [id, { line, row, text }] of rows) {
    const blockedBy = [...new Set(blockersOf(id, rows, new Set()))]
    entries.set(id, { issue: new Issue({ ...row.issue, blockedBy }), line, text })
  }
  return { entries, malformed: bad }
}
