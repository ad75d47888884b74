import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import { askOnce } from "../../domain/askOnce.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import { Exec } from "../../exec/Exec.ts"
import { ownFileAt } from "../../exec/ownFiles.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { probe, Capabilities } from "./capabilities.ts"
import type { BdCall } from "./call.ts"

/** An executable as it stood on the disk when it was asked. */
const Executable = Schema.Struct({
  /** With every link resolved. */
  path: Schema.String,
  /** Bytes. */
  size: Schema.Number,
  /** Milliseconds since the epoch. */
  modifiedAt: Schema.Number
})
type Executable = typeof Executable.Type

const isSame = Schema.equivalence(Executable)

const Remembered = Schema.Struct({ executable: Executable, capabilities: Capabilities })
const File = Schema.parseJson(Schema.Array(Remembered))

/** Several bd installations may take turns; more than this and somebody builds them. */
const MOST = 8

/** Where and how long is remembered what a bd can do. */
export interface BdMemory {
  /** What bd can do, asked of it once in the life of the executable. */
  readonly capabilities: Effect.Effect<Capabilities, TrackerFailed>
  /** It turned out to be wrong: the next use asks again. */
  readonly forget: Effect.Effect<void>
}

/**
 * The executable behind a command, when it is one that can be told by its file: a script may call another bd tomorrow
 * and look the same.
 */
const executableOf = Effect.fn("bd.executableOf")(function* (command: string) {
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

/** What bd can do, remembered for this layer and, in `file`, for every later process. */
export const makeBdMemory = Effect.fn("bd.memory")(function* (
  bd: BdCall,
  command: string,
  file: string | undefined
): Effect.fn.Return<BdMemory, never, Exec | FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const context = yield* Effect.context<Exec | FileSystem.FileSystem>()

  const orNothing = <A, E>(what: string, effect: Effect.Effect<A, E>): Effect.Effect<A | undefined> =>
    Effect.catchAll(effect, (error) => Effect.as(Effect.logDebug(`${what}: ${String(error)}`), undefined))

  const read =
    file === undefined
      ? Effect.succeed([])
      : ownFileAt(file).pipe(Effect.zipRight(Effect.flatMap(fs.readFileString(file), Schema.decode(File))), (stored) =>
          Effect.map(orNothing("what bd can do is not remembered", stored), (all) => all ?? [])
        )

  // Without its directory nothing is written: only a run makes it, and what says that it changes nothing does not.
  const write = (all: ReadonlyArray<typeof Remembered.Type>) =>
    file === undefined
      ? Effect.void
      : orNothing(
          "what bd can do cannot be remembered",
          Schema.encode(File)(all).pipe(
            Effect.flatMap((text) => replaceFile(file, text)),
            Effect.provide(context)
          )
        )

  const executable = orNothing("bd's file cannot be told", Effect.provide(executableOf(command), context))

  const remember = (executable: Executable, capabilities: Capabilities) =>
    Effect.flatMap(read, (all) =>
      write([
        { executable, capabilities },
        ...all.filter((other) => other.executable.path !== executable.path).slice(0, MOST - 1)
      ])
    )

  const lookUp = Effect.gen(function* () {
    const now = yield* executable
    if (now === undefined) return yield* probe(bd)
    const before = (yield* read).find((other) => isSame(other.executable, now))
    if (before !== undefined) return before.capabilities
    const capabilities = yield* probe(bd)
    yield* remember(now, capabilities)
    return capabilities
  })

  const capabilities = yield* askOnce(lookUp)
  return {
    capabilities: capabilities.ask,
    forget: Effect.zipRight(capabilities.forget, write([]))
  }
})
