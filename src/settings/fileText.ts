import { Either } from "effect"
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml"
import { oneLine } from "../domain/Text.ts"
import { fromRecord, isRecord, type Origin, type Source } from "./entries.ts"
import { problemOfFile } from "./problemOfFile.ts"
import { showActual, type Place, type Problem } from "./problems.ts"

/** Characters. All settings with a comment each have a few thousand; the parser takes 5 ms for a thousand. */
const MAX_LENGTH = 16 * 1024
const MAX_SYNTAX_PROBLEMS = 5

const NOTHING: Source = { entries: [], problems: [] }
const offsetOf = (node: unknown, path: ReadonlyArray<PropertyKey>): number | undefined => {
  const [head, ...rest] = path
  if (isSeq(node) && typeof head === "number") {
    const item = node.items[head]
    return (rest.length === 0 ? undefined : offsetOf(item, rest)) ?? (isScalar(item) ? item.range?.[0] : undefined)
  }
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === head) : undefined
  if (pair === undefined || !isScalar(pair.key)) return undefined
  return (rest.length === 0 ? undefined : offsetOf(pair.value, rest)) ?? pair.key.range?.[0]
}

const positionAt = (lines: LineCounter, offset: number): Omit<Place, "source"> => {
  const { col: column, line } = lines.linePos(offset)
  return { line, column }
}

/** Syntax problems, without the text around them, which may hold a secret. */
const syntaxProblems = (
  mistakes: ReadonlyArray<YAMLError>,
  { file, lines, text }: { readonly text: string; readonly file: string; readonly lines: LineCounter }
): ReadonlyArray<Problem> => {
  const shown = mistakes.slice(0, MAX_SYNTAX_PROBLEMS).map(({ code, message, pos: [offset] }) => {
    const key = /^["']?([\w.-]+)/.exec(text.slice(offset, offset + 80))?.[1]
    const what = code === "DUPLICATE_KEY" && key !== undefined ? `the key ${key} is there twice` : oneLine(message)
    return problemOfFile(file, what, positionAt(lines, offset))
  })
  const more = mistakes.length - shown.length
  return more > 0 ? [...shown, problemOfFile(file, `and ${more} more like these`)] : shown
}

/**
 * The settings in a file's text, YAML or JSON. Never throws. Duplicate keys and unknown tags are problems; aliases are
 * limited.
 */
export const fromText = (text: string, file: string, base: string): Source => {
  if (text.length > MAX_LENGTH) {
    return { entries: [], problems: [problemOfFile(file, "has more than 16 KiB: no settings file")] }
  }
  const lineCounter = new LineCounter()
  const options = { schema: "core", uniqueKeys: true, prettyErrors: false, logLevel: "error" } as const
  // The parser calls itself for each level, so a text that nests very deep fills the stack.
  const parsed = Either.try(() => parseDocument(text, { ...options, lineCounter }))
  if (Either.isLeft(parsed)) return { entries: [], problems: [problemOfFile(file, "nests too deep: no settings file")] }
  const document = parsed.right
  const mistakes = [...document.errors, ...document.warnings]
  const positionOf: Origin["positionOf"] = (path) => {
    const offset = offsetOf(document.contents, path)
    return offset === undefined ? undefined : positionAt(lineCounter, offset)
  }
  const origin = { label: `file ${file}`, base, positionOf }
  const found = (inside: Source, ...messages: ReadonlyArray<string>): Source => ({
    entries: inside.entries,
    problems: [
      ...syntaxProblems(mistakes, { text, file, lines: lineCounter }),
      ...messages.map((message) => problemOfFile(file, message)),
      ...inside.problems
    ]
  })
  if (mistakes.some(({ code }) => code !== "DUPLICATE_KEY")) return found(NOTHING)
  const read = Either.try(() => {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    // Throws if an alias makes the value contain itself, so that later code need not expect a cycle.
    JSON.stringify(value)
    return value
  })
  if (Either.isLeft(read)) return found(NOTHING, "its aliases cannot be resolved")
  const value = read.right
  if (isRecord(value)) return found(fromRecord(value, origin))
  if (value === null || value === undefined) return found(NOTHING)
  return found(NOTHING, `expected a record of settings, actual ${showActual(value)}`)
}
