import { Option, Predicate, Schema } from "effect"

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
