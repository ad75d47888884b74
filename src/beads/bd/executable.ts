import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Equivalence, Option, Schema } from "effect"
import { Exec } from "../../exec/Exec.ts"

/** An executable file, as it was when bd was asked for its capabilities. */
export const Executable = Schema.Struct({
  /** With every link resolved. */
  path: Schema.String,
  /** Bytes. */
  size: Schema.Number,
  /** Milliseconds since the epoch. */
  modifiedAt: Schema.Number
})
export type Executable = typeof Executable.Type

/** Whether two calls ran the same file. Two unknown files count as the same. */
export const isSameExecutable = Equivalence.make<Executable | undefined>((one, other) =>
  one === undefined || other === undefined ? one === other : Schema.equivalence(Executable)(one, other)
)

const read = Effect.fn("bd.executable")(function* (command: string) {
  const [exec, fs] = yield* Effect.all([Exec, FileSystem.FileSystem])
  const found = yield* exec.which(command)
  if (found === undefined) return undefined
  const path = yield* fs.realPath(found)
  const { mtime, size } = yield* fs.stat(path)
  const start = yield* Effect.scoped(Effect.flatMap(fs.open(path, { flag: "r" }), (file) => file.readAlloc(2)))
  const isScript = Option.exists(start, ([first, second]) => first === 0x23 && second === 0x21)
  return isScript || Option.isNone(mtime)
    ? undefined
    : Executable.make({ path, size: Number(size), modifiedAt: mtime.value.getTime() })
})

/**
 * The file that a command runs. `undefined` if there is none or it cannot be read, and for a script: that may call another bd
 * tomorrow.
 */
export const executableOf = (command: string) =>
  Effect.catchAll(read(command), (error) =>
    Effect.as(Effect.logDebug(`cannot identify the file of ${command}: ${error.message}`), undefined)
  )
