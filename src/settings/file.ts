import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Option } from "effect"
import { oneLine } from "../domain/Text.ts"
import type { Source } from "./entries.ts"
import { problemOfFile } from "./problemOfFile.ts"

const FILE = "nightly-dispatch.yaml"
/** Bytes that are read: more than any settings file may have. */
const MOST_BYTES = 4 * 16 * 1024 + 4

/** A settings file as a source; `file` is `undefined` if there is none. */
export interface SettingsFile extends Source {
  readonly file: string | undefined
  /** Whether it was taken because it is in the working directory. */
  readonly isFound: boolean
}

const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The beginning of a file: more characters than it may have if it has more. Reads it faster than a stream does. */
const readText = Effect.fnUntraced(function* (files: FileSystem.FileSystem, file: string) {
  const handle = yield* files.open(file)
  const parts: Array<Uint8Array> = []
  for (let left = MOST_BYTES; left > 0;) {
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

export const NO_FILE: SettingsFile = { file: undefined, isFound: false, entries: [], problems: [] }

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
    if (Either.isRight(read)) {
      // Many hosts have no settings file, and the parser takes a while to load.
      const { fromText } = yield* Effect.promise(() => import("./fileText.ts"))
      return { file, isFound, ...fromText(read.right, file, path.dirname(file)) }
    }
    const why = isMissing(read.left) ? "there is no such file" : `cannot be read: ${oneLine(read.left.message)}`
    return { file, isFound, entries: [], problems: [problemOfFile(file, why)] } satisfies SettingsFile
  }
  return NO_FILE
})
