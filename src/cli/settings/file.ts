import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Stream } from "effect"
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml"
import { oneLine } from "../../domain/Text.ts"
import { fromRecord, isRecord, type Origin, type Source } from "./entries.ts"
import { showActual, type Problem } from "./problems.ts"

const FILE = "nightly-dispatch.yaml"
const MAX_BYTES = 1024 * 1024
const MAX_SYNTAX_PROBLEMS = 5

/** A settings file as a source; `file` is `undefined` if there is none. */
export interface SettingsFile extends Source {
  readonly file: string | undefined
}

interface Parsed {
  readonly value: unknown
  readonly problems: ReadonlyArray<string>
  readonly lineOf: NonNullable<Origin["lineOf"]>
}

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

/**
 * YAML (and so JSON) as a value. Never throws: a problem has line and column, but not the text around it, which may hold a
 * secret. Duplicate keys and unknown tags are problems; aliases are limited.
 */
export const parseSettings = (text: string): Parsed => {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "core",
    uniqueKeys: true,
    logLevel: "error"
  })
  const mistakes = [...document.errors, ...document.warnings]
  const shown = mistakes.slice(0, MAX_SYNTAX_PROBLEMS).map(({ code, message, pos: [offset] }) => {
    const { col, line } = lines.linePos(offset)
    const key = /^["']?([\w.-]+)/.exec(text.slice(offset, offset + 80))?.[1]
    const what = code === "DUPLICATE_KEY" && key !== undefined ? `the key ${key} is there twice` : oneLine(message)
    return `line ${line}, column ${col}: ${what}`
  })
  const more = mistakes.length - shown.length
  const problems = more > 0 ? [...shown, `and ${more} more like these`] : shown
  const lineOf: Parsed["lineOf"] = (path) => {
    const offset = offsetOf(document.contents, path)
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
  if (mistakes.some(({ code }) => code !== "DUPLICATE_KEY")) return { value: undefined, problems, lineOf }
  const value = Either.try(() => {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    // Fails on an alias inside the value that it stands for: code that reads the value later need not expect a cycle.
    JSON.stringify(value)
    return value
  })
  return Either.match(value, {
    onLeft: () => ({ value: undefined, problems: [...problems, "its aliases cannot be resolved"], lineOf }),
    onRight: (value) => ({ value, problems, lineOf })
  })
}

/** The settings in a file's text. */
export const fromText = (text: string, file: string, base: string): Source => {
  const { lineOf, problems, value } = parseSettings(text)
  const origin: Origin = { label: `file ${file}`, base, lineOf }
  const ofFile = (message: string): Problem => ({ path: "", message, source: origin.label })
  const syntax = problems.map(ofFile)
  if (value === null || value === undefined) return { entries: [], problems: syntax }
  if (!isRecord(value)) {
    return { entries: [], problems: [...syntax, ofFile(`expected a record of settings, actual ${showActual(value)}`)] }
  }
  const { entries, problems: inside } = fromRecord(value, origin)
  return { entries, problems: [...syntax, ...inside] }
}

const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The text of a file, up to one byte more than `MAX_BYTES`. */
const readText = (files: FileSystem.FileSystem, file: string): Effect.Effect<string, PlatformError> =>
  files.stream(file, { bytesToRead: MAX_BYTES + 1 }).pipe(Stream.decodeText(), Stream.mkString)

/**
 * Reads the named file, else `nightly-dispatch.yaml` in `cwd`, else the one in the user's configuration directory. A named
 * file that is missing is a problem.
 */
export const readSettingsFile = Effect.fn("readSettingsFile")(function* (input: {
  readonly named: string | undefined
  readonly cwd: string
  readonly configHome: string | undefined
}) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const usual = [
    input.cwd,
    ...(input.configHome === undefined ? [] : [path.join(input.configHome, "nightly-dispatch")])
  ]
  const candidates =
    input.named === undefined
      ? usual.map((directory) => path.join(directory, FILE))
      : [path.resolve(input.cwd, input.named)]
  for (const file of candidates) {
    const read = yield* Effect.either(readText(files, file))
    if (Either.isLeft(read) && isMissing(read.left) && input.named === undefined) continue
    const broken = (message: string): SettingsFile => ({
      file,
      entries: [],
      problems: [{ path: "", message, source: `file ${file}` }]
    })
    if (Either.isLeft(read)) {
      return broken(isMissing(read.left) ? "there is no such file" : `cannot be read: ${oneLine(read.left.message)}`)
    }
    if (read.right.length > MAX_BYTES) return broken("is larger than 1 MiB: no settings file")
    return { file, ...fromText(read.right, file, path.dirname(file)) }
  }
  return { file: undefined, entries: [], problems: [] }
})
