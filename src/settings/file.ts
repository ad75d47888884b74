import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Option } from "effect"
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml"
import { oneLine } from "../domain/Text.ts"
import { fromRecord, isRecord, type Origin, type Source } from "./entries.ts"
import { showActual, type Place, type Problem } from "./problems.ts"

const FILE = "nightly-dispatch.yaml"
/** Characters. All settings with a comment each have a few thousand; the parser takes 5 ms for a thousand. */
const MAX_LENGTH = 16 * 1024
const MAX_SYNTAX_PROBLEMS = 5

/** A settings file as a source; `file` is `undefined` if there is none. */
export interface SettingsFile extends Source {
  readonly file: string | undefined
  /** Whether it was taken because it is in the working directory. */
  readonly isFound: boolean
}

const NOTHING: Source = { entries: [], problems: [] }
const ofFile = (file: string, message: string, place: Omit<Place, "source"> = {}): Problem => ({
  path: "",
  message,
  source: `file ${file}`,
  ...place
})

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
    return ofFile(file, what, positionAt(lines, offset))
  })
  const more = mistakes.length - shown.length
  return more > 0 ? [...shown, ofFile(file, `and ${more} more like these`)] : shown
}

/**
 * The settings in a file's text, YAML or JSON. Never throws. Duplicate keys and unknown tags are problems; aliases are
 * limited.
 */
export const fromText = (text: string, file: string, base: string): Source => {
  if (text.length > MAX_LENGTH) {
    return { entries: [], problems: [ofFile(file, "has more than 16 KiB: no settings file")] }
  }
  const lineCounter = new LineCounter()
  const options = { schema: "core", uniqueKeys: true, prettyErrors: false, logLevel: "error" } as const
  // The parser calls itself for each level, so a text that nests very deep fills the stack.
  const parsed = Either.try(() => parseDocument(text, { ...options, lineCounter }))
  if (Either.isLeft(parsed)) return { entries: [], problems: [ofFile(file, "nests too deep: no settings file")] }
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
      ...messages.map((message) => ofFile(file, message)),
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

const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The beginning of a file: more than `MAX_LENGTH` characters if the file has more. Reads it faster than a stream does. */
const readText = Effect.fnUntraced(function* (files: FileSystem.FileSystem, file: string) {
  const handle = yield* files.open(file)
  const parts: Array<Uint8Array> = []
  for (let left = 4 * MAX_LENGTH + 4; left > 0;) {
    const part = yield* handle.readAlloc(left)
    if (Option.isNone(part)) break
    parts.push(part.value)
    left -= part.value.length
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}, Effect.scoped)

/** Where the settings file may be. */
export interface FilePlaces {
  readonly named: string | undefined
  readonly cwd: string
  readonly configHome: string | undefined
}

/** The paths at which the settings file is looked for, the first one first. */
export const candidates = ({ configHome, cwd, named }: FilePlaces, path: Path.Path): ReadonlyArray<string> =>
  named !== undefined
    ? [path.resolve(cwd, named)]
    : [path.join(cwd, FILE), ...(configHome === undefined ? [] : [path.join(configHome, "nightly-dispatch", FILE)])]

export const NO_FILE: SettingsFile = { file: undefined, isFound: false, ...NOTHING }

/**
 * Reads the named file, else `nightly-dispatch.yaml` in `cwd`, else the one in the user's configuration directory. A named
 * file that is missing is a problem.
 */
export const readSettingsFile = Effect.fn("readSettingsFile")(function* (places: FilePlaces) {
  const [files, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const isNamed = places.named !== undefined
  for (const [index, file] of candidates(places, path).entries()) {
    const read = yield* Effect.either(readText(files, file))
    if (Either.isLeft(read) && isMissing(read.left) && !isNamed) continue
    const isFound = !isNamed && index === 0
    if (Either.isRight(read)) return { file, isFound, ...fromText(read.right, file, path.dirname(file)) }
    const why = isMissing(read.left) ? "there is no such file" : `cannot be read: ${oneLine(read.left.message)}`
    return { file, isFound, entries: [], problems: [ofFile(file, why)] } satisfies SettingsFile
  }
  return NO_FILE
})
