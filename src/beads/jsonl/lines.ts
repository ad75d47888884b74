import { Option, Predicate } from "effect"

/** A record as the file has it. */
export type Row = Readonly<Record<string, unknown>>

/** A line of the file. Positions are counted from 0. */
export type Line =
  /** An issue, or the tombstone of a deleted one. */
  | { readonly _tag: "Issue"; readonly text: string; readonly row: Row; readonly isTombstone: boolean }
  /** A blank line or a record of another type. */
  | { readonly _tag: "Other" }
  /** A line that must not be used. `row` is its record as far as it can be read; `undefined` if it cannot. */
  | { readonly _tag: "Bad"; readonly problem: string; readonly row: Row | undefined }

/** The file's bytes, split at newlines, and each line as read. */
export interface JsonlFile {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly lines: ReadonlyArray<Line>
}

const NEWLINE = 0x0a
const BOM = Buffer.of(0xef, 0xbb, 0xbf)
const strict = new TextDecoder("utf-8", { fatal: true })
const lenient = new TextDecoder("utf-8")
const decode = Option.liftThrowable((bytes: Uint8Array) => strict.decode(bytes))
const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))
const parseLenient = Option.liftThrowable((bytes: Uint8Array): unknown => JSON.parse(lenient.decode(bytes)))

const split = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return [...lines, bytes.subarray(start)]
}

/** In bytes. bd's own records have a few thousand; a longer one is somebody's pasted log. */
const MAX_LINE = 1024 * 1024
const BRACE = 0x7b
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d

const bomOf = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(0, BOM.equals(bytes.subarray(0, BOM.length)) ? BOM.length : 0)

/** The bytes of a line without a byte order mark and without white space at both ends. */
export const contentOf = (line: Uint8Array): Uint8Array => {
  const bytes = line.subarray(bomOf(line).length)
  const start = bytes.findIndex((byte) => !isSpace(byte))
  return start < 0 ? bytes.subarray(0, 0) : bytes.subarray(start, bytes.findLastIndex((byte) => !isSpace(byte)) + 1)
}

const bad = (problem: string, row?: Row): Line => ({ _tag: "Bad", problem, row })
const OTHER: Line = { _tag: "Other" }

const readLine = (bytes: Uint8Array): Line => {
  const content = contentOf(bytes)
  if (content.length === 0) return OTHER
  // Before the text is made: a file of another kind has very many lines.
  if (content[0] !== BRACE) return bad("not a JSON object")
  const text = Option.getOrUndefined(decode(bytes))
  const row = Option.getOrUndefined(text === undefined ? parseLenient(content) : parse(text))
  const record = Predicate.isRecord(row) ? row : undefined
  if (bytes.length > MAX_LINE) {
    return bad(`${Math.ceil(bytes.length / MAX_LINE)} MiB long; a line may have 1 MiB`, record)
  }
  if (text === undefined) return bad("not UTF-8", record)
  if (record === undefined) return bad("not a JSON object")
  if ((record["_type"] ?? "issue") !== "issue") return OTHER
  return { _tag: "Issue", text, row: record, isTombstone: record["status"] === "tombstone" }
}

/** Splits and reads the file; accepts any bytes. A byte order mark is no part of a line's text. */
export const readJsonl = (content: Uint8Array): JsonlFile => {
  const bytes = split(content)
  return { bytes, lines: bytes.map(readLine) }
}

/** The file's content with one line replaced and others left out. All other bytes stay as they are. */
export const withLine = (
  file: JsonlFile,
  line: number,
  text: string,
  without: ReadonlySet<number> = new Set()
): Uint8Array => {
  const bytes = file.bytes
    .with(line, Buffer.concat([bomOf(file.bytes[line] ?? BOM.subarray(0, 0)), Buffer.from(text)]))
    .filter((_, index) => !without.has(index))
  return Buffer.concat(bytes.flatMap((each, index) => (index === 0 ? [each] : [Buffer.of(NEWLINE), each])))
}
