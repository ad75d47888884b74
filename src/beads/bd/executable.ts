import { Effect, Equivalence, Schema } from "effect"
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import { messageOf } from "../../exec/causes.ts"
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

const described = async (found: string): Promise<Executable | undefined> => {
  const path = await fs.realpath(found)
  const opened = await fs.open(path)
  try {
    const { mtime, size } = await opened.stat()
    const file = { path, size, modifiedAt: mtime.getTime() }
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(2), 0, 2, 0)
    if (buffer.toString("latin1", 0, bytesRead) !== "#!") return Executable.make(file)
    return size > LONGEST_SCRIPT ? undefined : Executable.make({ ...file, script: sha256(await opened.readFile()) })
  } finally {
    await opened.close()
  }
}

const read = Effect.fn("bd.executable")(function* (command: string) {
  const { which } = yield* Exec
  const found = yield* which(command)
  if (found === undefined) return undefined
  return yield* Effect.tryPromise({ try: () => described(found), catch: messageOf })
})

/**
 * The file that a command runs. `undefined` if there is none or it cannot be read, and for a script of more than 1 MiB.
 *
 * @example
 * const executable = yield* executableOf("bd")
 */
export const executableOf = (command: string) =>
  Effect.catchAll(read(command), (detail) =>
    Effect.as(Effect.logDebug(`cannot identify the file of ${command}: ${detail}`), undefined)
  )
