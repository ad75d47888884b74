import { Option, Predicate } from "effect"
import { isUtf8 } from "node:buffer"
import type { BeadsId } from "../../domain/Ids.ts"
import { bufferOf, bytesAt, indexLines, mayHave, PLAIN, removeLines, replaceLine, type LineIndex } from "./lineIndex.ts"

/** A record as the file has it. */
export type Row = Readonly<Record<string, unknown>>

/** A line of the file. Positions are counted from 0. */
export type Line =
  /** An issue, or the tombstone of a deleted one. */
  | { readonly _tag: "Issue"; readonly row: Row; readonly isTombstone: boolean }
  /** A blank line or a record of another type. */
  | { readonly _tag: "Other" }
  /** A line that must not be used. `row` is its record as far as it can be read; `undefined` if it cannot. */
  | { readonly _tag: "Bad"; readonly problem: string; readonly row: Row | undefined }

/** The file's bytes, split at newlines. A file may have 100,000 lines, so each is read only when it is asked for. */
export interface JsonlFile {
  readonly index: LineIndex
  /** How many lines the file has. A newline at the end begins one more, which is empty. */
  readonly lines: number
  /** The bytes of the line at this position, without its newline. */
  readonly bytes: (position: number) => Uint8Array
  /** Reads the line at this position; beyond the end of the file it is `Other`. */
  readonly line: (position: number) => Line
  /** The positions of all lines that may be a record with this id. It may name others too. */
  readonly mayHold: (id: BeadsId) => ReadonlyArray<number>
  /** The positions of all lines that may have a JSON string which begins with this text. It may name others too. */
  readonly mayBegin: (text: string) => ReadonlyArray<number>
}

const BOM = Buffer.of(0xef, 0xbb, 0xbf)
const strict = new TextDecoder("utf-8", { fatal: true })
const lenient = new TextDecoder("utf-8")
const decode = Option.liftThrowable((bytes: Uint8Array) => strict.decode(bytes))
const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))
const parseLenient = Option.liftThrowable((bytes: Uint8Array): unknown => JSON.parse(lenient.decode(bytes)))

/** In bytes. bd's own records have a few thousand; a longer one is somebody's pasted log. */
const MAX_LINE = 1024 * 1024
/** Lines. To look whether the whole file is UTF-8 takes as long as to decode so many of them strictly. */
const MANY = 1000
const BRACE = 0x7b
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d

const bomLength = (bytes: Uint8Array, start: number): number =>
  bytes[start] === BOM[0] && bytes[start + 1] === BOM[1] && bytes[start + 2] === BOM[2] ? BOM.length : 0

/** The bytes of a line without a byte order mark and without white space at both ends. */
export const contentOf = (line: Uint8Array): Uint8Array => {
  let [start, end] = [bomLength(line, 0), line.length]
  while (start < end && isSpace(line[start] ?? 0)) start++
  while (start < end && isSpace(line[end - 1] ?? 0)) end--
  return line.subarray(start, end)
}

const bad = (problem: string, row?: Row): Line => ({ _tag: "Bad", problem, row })
const OTHER: Line = { _tag: "Other" }

/** Reads a line. `isText`: it is known to be UTF-8. */
const readLine = (bytes: Uint8Array, isText: boolean): Line => {
  const content = contentOf(bytes)
  if (content.length === 0) return OTHER
  // Before the text is made: a file of another kind has very many lines.
  if (content[0] !== BRACE) return bad("not a JSON object")
  const text = isText ? bufferOf(content).toString() : Option.getOrUndefined(decode(content))
  const row = Option.getOrUndefined(text === undefined ? parseLenient(content) : parse(text))
  const record = Predicate.isRecord(row) ? row : undefined
  if (bytes.length > MAX_LINE) {
    return bad(`${Math.ceil(bytes.length / MAX_LINE)} MiB long; a line may have 1 MiB`, record)
  }
  if (text === undefined) return bad("not UTF-8", record)
  if (record === undefined) return bad("not a JSON object")
  if ((record["_type"] ?? "issue") !== "issue") return OTHER
  return { _tag: "Issue", row: record, isTombstone: record["status"] === "tombstone" }
}

/** The text of a line, without a byte order mark. Bytes that are not UTF-8 are replaced. */
export const textOf = (line: Uint8Array): string => lenient.decode(line)

/**
 * Reads the lines; accepts any bytes. `isKept`: whether a record that was read stays in memory. Another one is read again each time
 * that it is asked for.
 */
export const readLines = (index: LineIndex, isKept: (row: Row) => boolean = () => true): JsonlFile => {
  const kept = new Map<number, Line>()
  /** Whether the whole file is UTF-8. Looked at only where many lines are read. */
  let isText: boolean | undefined
  let read = 0
  return {
    index,
    lines: index.starts.length,
    bytes: (position) => bytesAt(index, position),
    line: (position) => {
      const known = kept.get(position)
      if (known !== undefined) return known
      const line = readLine(bytesAt(index, position), ++read > MANY && (isText ??= isUtf8(index.content)))
      if (line._tag !== "Issue" || isKept(line.row)) kept.set(position, line)
      return line
    },
    mayHold: (id) => mayHave(index, `"${id}"`),
    mayBegin: (text) => {
      // The rest may be spelled in other ways, such as `\/`.
      const [plain = ""] = PLAIN.exec(text) ?? []
      return plain === "" ? [...index.starts.keys()] : mayHave(index, `"${plain}`)
    }
  }
}

/** Splits the content at newlines, and reads its lines: see `readLines`. */
export const readJsonl = (content: Uint8Array, isKept?: (row: Row) => boolean): JsonlFile =>
  readLines(indexLines(content), isKept)

/** Whether a line of the file has this text, apart from a byte order mark. */
export const hasLine = ({ bytes, lines }: JsonlFile, text: string): boolean => {
  for (let position = 0; position < lines; position++) if (textOf(bytes(position)) === text) return true
  return false
}

/** The file with one line replaced and others left out. All other bytes stay as they are. */
export const withLine = (
  { bytes, index }: JsonlFile,
  line: number,
  text: string,
  without: ReadonlySet<number> = new Set()
): LineIndex => {
  const old = bytes(line)
  const before = [...without].filter((other) => other < line).length
  return replaceLine(
    without.size === 0 ? index : removeLines(index, without),
    line - before,
    Buffer.concat([old.subarray(0, bomLength(old, 0)), Buffer.from(text)])
  )
}
