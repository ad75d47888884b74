import { Option, Predicate } from "effect"

/** A line of the file: an issue; `Other`, a blank line or a record of another type; or `Bad`, a line that cannot be read. */
export type Line =
  | { readonly _tag: "Issue"; readonly text: string; readonly row: Readonly<Record<string, unknown>> }
  | { readonly _tag: "Other" }
  | { readonly _tag: "Bad"; readonly problem: string }

/** The file's bytes, split at newlines, and each line as read. */
export interface JsonlFile {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly lines: ReadonlyArray<Line>
}

const NEWLINE = 0x0a
const utf8 = new TextDecoder("utf-8", { fatal: true })
const decode = Option.liftThrowable((bytes: Uint8Array) => utf8.decode(bytes))
const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

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

const bad = (problem: string): Line => ({ _tag: "Bad", problem })
const OTHER: Line = { _tag: "Other" }
const NO_OBJECT = bad("not a JSON object")

const readLine = (bytes: Uint8Array): Line => {
  if (bytes.length > MAX_LINE) return bad(`${Math.ceil(bytes.length / MAX_LINE)} MiB long; a line may have 1 MiB`)
  const first = bytes.find((byte) => !isSpace(byte))
  if (first === undefined) return OTHER
  // Before the text is made: a file of another kind has very many lines.
  if (first !== BRACE) return NO_OBJECT
  const text = Option.getOrUndefined(decode(bytes))
  if (text === undefined) return bad("not UTF-8")
  const row = Option.getOrUndefined(parse(text))
  if (!Predicate.isRecord(row)) return NO_OBJECT
  const isIssue = (row["_type"] ?? "issue") === "issue" && row["status"] !== "tombstone"
  return isIssue ? { _tag: "Issue", text, row } : OTHER
}

/** Splits and reads the file; accepts any bytes. Records of another `_type` and tombstones are `Other`. */
export const readJsonl = (content: Uint8Array): JsonlFile => {
  const bytes = split(content)
  return { bytes, lines: bytes.map(readLine) }
}

/** The file's content with one line replaced. All other bytes stay as they are. */
export const withLine = (file: JsonlFile, line: number, text: string): Uint8Array => {
  const bytes = file.bytes.with(line, Buffer.from(text))
  return Buffer.concat(bytes.flatMap((each, index) => (index === 0 ? [each] : [Buffer.of(NEWLINE), each])))
}
