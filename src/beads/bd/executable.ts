import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Equivalence, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { Exec } from "../../exec/Exec.ts"

/** An executable file, as it was when bd was asked for its capabilities. */
export const Executable = Schema.Struct({
  /** With every link resolved. */
  path: Schema.String,
  /** Bytes. */
  size: Schema.Number,
  /** Milliseconds since the epoch. */
  modifiedAt: Schema.Number,
  /** Of a script: the SHA-256 of its text. Which bd a script calls, its file does not tell. */
  script: Schema.optional(Schema.String)
})
export type Executable = typeof Executable.Type

/** Whether two calls ran the same file. Two unknown files count as the same. */
export const isSameExecutable = Equivalence.make<Executable | undefined>((one, other) =>
  one === undefined || other === undefined ? one === other : Schema.equivalence(Executable)(one, other)
)

/** In bytes. A larger script is not looked into, and so is unknown. */
const LONGEST_SCRIPT = 1024 * 1024

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const isScript = (start: Option.Option<Uint8Array>): boolean =>
  Option.exists(start, ([first, second]) => first === 0x23 && second === 0x21)

const read = Effect.fn("bd.executable")(function* (command: string) {
  const [exec, fs] = yield* Effect.all([Exec, FileSystem.FileSystem])
  const found = yield* exec.which(command)
  if (found === undefined) return undefined
  const path = yield* fs.realPath(found)
  const { mtime, size } = yield* fs.stat(path)
  if (Option.isNone(mtime)) return undefined
  const file = { path, size: Number(size), modifiedAt: mtime.value.getTime() }
  const start = yield* Effect.scoped(Effect.flatMap(fs.open(path, { flag: "r" }), (file) => file.readAlloc(2)))
  if (!isScript(start)) return Executable.make(file)
  return file.size > LONGEST_SCRIPT ? undefined : Executable.make({ ...file, script: sha256(yield* fs.readFile(path)) })
})

/**
 * The file that a command runs. `undefined` if there is none or it cannot be read, and for a script of more than 1 MiB.
 *
 * @example
 * const executable = yield* executableOf("bd")
 */
export const executableOf = (command: string) =>
  Effect.catchAll(read(command), (error) =>
    Effect.as(Effect.logDebug(`cannot identify the file of ${command}: ${error.message}`), undefined)
  )
