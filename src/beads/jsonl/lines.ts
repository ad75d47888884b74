import { Option, Predicate } from "effect"
import { isUtf8 } from "node:buffer"
import type { BeadsId } from "../../domain/Ids.ts"

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
  /** How many lines the file has. A newline at the end begins one more, which is empty. */
  readonly lines: number
  /** The bytes of the line at this position, without its newline; or of all lines up to before `end`. */
  readonly bytes: (position: number, end?: number) => Uint8Array
  /** The positions of the lines whose first byte is one of these. */
  readonly startingWith: (bytes: ReadonlySet<number>) => ReadonlyArray<number>
  /** Reads the line at this position; beyond the end of the file it is `Other`. */
  readonly line: (position: number) => Line
  /** The positions of all lines that may be a record with this id. It may name others too. */
  readonly mayHold: (id: BeadsId) => ReadonlyArray<number>
  /** The positions of all lines that may have a JSON string which begins with this text. It may name others too. */
  readonly mayBegin: (text: string) => ReadonlyArray<number>
}

const NEWLINE = 0x0a
const BOM = Buffer.of(0xef, 0xbb, 0xbf)
const strict = new TextDecoder("utf-8", { fatal: true })
const lenient = new TextDecoder("utf-8")
const decode = Option.liftThrowable((bytes: Uint8Array) => strict.decode(bytes))
const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))
const parseLenient = Option.liftThrowable((bytes: Uint8Array): unknown => JSON.parse(lenient.decode(bytes)))

const bufferOf = ({ buffer, byteLength, byteOffset }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

/** Where each line begins, and its first byte. Arrays of numbers: an object for each line would take longer than the search. */
const startsOf = (content: Buffer) => {
  let [starts, first] = [new Uint32Array(1024), new Uint8Array(1024)]
  let lines = 0
  for (let start = 0; ;) {
    if (lines === starts.length) {
      const [old, oldFirst] = [starts, first]
      ;[starts, first] = [new Uint32Array(2 * lines), new Uint8Array(2 * lines)]
      starts.set(old)
      first.set(oldFirst)
    }
    starts[lines] = start
    // Read now, while the processor has this part of the file at hand.
    first[lines++] = content[start] ?? NEWLINE
    const end = content.indexOf(NEWLINE, start)
    if (end < 0) return { starts: starts.subarray(0, lines), first: first.subarray(0, lines) }
    start = end + 1
  }
}

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

/** The last line that begins at or before this offset. */
const positionAt = (starts: Uint32Array, offset: number): number => {
  let [low, high] = [0, starts.length]
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? Infinity) <= offset) low = middle
    else high = middle
  }
  return low
}

/** The offsets of a text in the content. */
const offsetsOf = (content: Buffer, text: string): ReadonlyArray<number> => {
  const offsets: Array<number> = []
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + text.length)) offsets.push(at)
  return offsets
}

/** Characters that mean themselves in JSON. Each of them may also be written as four hex digits. */
const PLAIN = /^[A-Za-z0-9_.-]*/
const ESCAPE = "\\u00"

/** Finds lines by their bytes. A JSON string is found in each of its spellings. */
const finder = (all: Buffer, starts: Uint32Array) => {
  let escaped: ReadonlyArray<number> | undefined
  /** Where a plain character is written as hex digits: any text may begin there. */
  const escapedOnes = () =>
    (escaped ??= offsetsOf(all, ESCAPE).filter((at) => {
      const code = Number.parseInt(all.toString("latin1", at + ESCAPE.length, at + ESCAPE.length + 2), 16)
      return PLAIN.exec(String.fromCharCode(code))?.[0] !== ""
    }))
  return (quoted: string): ReadonlyArray<number> => {
    const offsets = [...offsetsOf(all, quoted), ...escapedOnes()]
    return [...new Set(offsets.map((at) => positionAt(starts, at)))].toSorted((a, b) => a - b)
  }
}

/**
 * Splits the file; accepts any bytes. `isKept`: whether a record that was read stays in memory. Another one is read again each time
 * that it is asked for.
 */
export const readJsonl = (content: Uint8Array, isKept: (row: Row) => boolean = () => true): JsonlFile => {
  const all = bufferOf(content)
  const { first, starts } = startsOf(all)
  const kept = new Map<number, Line>()
  const find = finder(all, starts)
  /** Whether the whole file is UTF-8. Looked at only where many lines are read. */
  let isText: boolean | undefined
  let read = 0
  const bytes = (position: number, end = position + 1): Uint8Array =>
    all.subarray(starts[position] ?? all.length, (starts[end] ?? all.length + 1) - 1)
  return {
    lines: starts.length,
    bytes,
    startingWith: (wanted) => {
      const positions: Array<number> = []
      for (const [position, byte] of first.entries()) if (wanted.has(byte)) positions.push(position)
      return positions
    },
    line: (position) => {
      const known = kept.get(position)
      if (known !== undefined) return known
      const line = readLine(bytes(position), ++read > MANY && (isText ??= isUtf8(all)))
      if (line._tag !== "Issue" || isKept(line.row)) kept.set(position, line)
      return line
    },
    mayHold: (id) => find(`"${id}"`),
    mayBegin: (text) => {
      // The rest may be spelled in other ways, such as `\/`.
      const [plain = ""] = PLAIN.exec(text) ?? []
      return plain === "" ? [...starts.keys()] : find(`"${plain}`)
    }
  }
}

/** Whether a line of the file has this text, apart from a byte order mark. */
export const hasLine = ({ bytes, lines }: JsonlFile, text: string): boolean => {
  for (let position = 0; position < lines; position++) if (textOf(bytes(position)) === text) return true
  return false
}

/** The file's content with one line replaced and others left out. All other bytes stay as they are. */
export const withLine = (
  { bytes, lines }: JsonlFile,
  line: number,
  text: string,
  without: ReadonlySet<number> = new Set()
): Uint8Array => {
  const parts: Array<Uint8Array> = []
  let from = 0
  for (const position of [...without, line].toSorted((a, b) => a - b)) {
    if (from < position) parts.push(bytes(from, position))
    const old = bytes(position)
    if (position === line) parts.push(Buffer.concat([old.subarray(0, bomLength(old, 0)), Buffer.from(text)]))
    from = position + 1
  }
  if (from < lines) parts.push(bytes(from, lines))
  return Buffer.concat(parts.flatMap((each, index) => (index === 0 ? [each] : [Buffer.of(NEWLINE), each])))
}
