import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema, SynchronizedRef } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { Exec } from "../../exec/Exec.ts"
import { ownFileAt } from "../../exec/ownFiles.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { probe, readVersion, versionText, Capabilities } from "./capabilities.ts"
import type { BdCall } from "./guardedCall.ts"
import { Executable, executableOf, isSameExecutable } from "./executable.ts"

const Entry = Schema.Struct({
  executable: Executable,
  /** What `bd version` printed, if the executable is a script: it may call another bd tomorrow. */
  said: Schema.optional(Schema.String),
  capabilities: Capabilities
})
const File = Schema.parseJson(Schema.Array(Entry))

/** Enough for a host where several bd installations take turns. */
const MAX_ENTRIES = 8

/**
 * bd's capabilities. bd is asked again only after a change of its executable file, also within one process. For a script, each
 * process asks once for the version: another one means another bd.
 */
export interface CapabilityCache {
  readonly capabilities: Effect.Effect<Capabilities, TrackerFailed>
  /** Deletes all entries, because bd's behaviour contradicts them. The next use asks bd again. */
  readonly forget: Effect.Effect<void>
}

const orUndefined = <A, E, R>(
  problem: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A | undefined, never, R> =>
  Effect.catchAll(effect, (error) => Effect.as(Effect.logDebug(`${problem}: ${String(error)}`), undefined))

/** The entries on disk; none if the file cannot be read. A failed write only costs the next process a few calls of bd. */
const makeCacheFile = (fs: FileSystem.FileSystem, file: string, mayWrite: boolean) => ({
  read: ownFileAt(file).pipe(
    Effect.zipRight(Effect.flatMap(fs.readFileString(file), Schema.decode(File))),
    (entries) => orUndefined(`cannot read bd's capabilities from ${file}`, entries),
    Effect.map((entries) => entries ?? [])
  ),

  // Only if the directory exists: the journal makes it.
  write: (entries: ReadonlyArray<typeof Entry.Type>) =>
    mayWrite
      ? orUndefined(
          `cannot write bd's capabilities to ${file}`,
          Effect.flatMap(Schema.encode(File)(entries), (text) => replaceFile(file, text))
        )
      : Effect.void
})

/** Keeps the capabilities in memory and, if `file` is given, for later processes in that file; `mayWrite`: or only reads it. */
export const makeCapabilityCache = Effect.fn("bd.capabilityCache")(function* (
  bd: BdCall,
  command: string,
  file: string | undefined,
  mayWrite = true
): Effect.fn.Return<CapabilityCache, never, Exec | FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const context = yield* Effect.context<Exec | FileSystem.FileSystem>()
  const disk = file === undefined ? undefined : makeCacheFile(fs, file, mayWrite)

  const lookUp = Effect.fnUntraced(function* (executable: Executable | undefined) {
    if (disk === undefined || executable === undefined) return yield* probe(bd)
    const said = executable.script === undefined ? undefined : yield* versionText(bd)
    // A script that finds no bd now may find one soon.
    if (said !== undefined && readVersion(said) === undefined) return yield* probe(bd)
    const entries = yield* disk.read
    const cached = entries.find((entry) => isSameExecutable(entry.executable, executable) && entry.said === said)
    if (cached !== undefined) return cached.capabilities
    const capabilities = yield* probe(bd)
    // A script keeps an entry for each bd that it calls: which one may depend on the directory.
    const isReplaced = (entry: typeof Entry.Type) => entry.executable.path === executable.path && entry.said === said
    const others = (yield* disk.read).filter((entry) => !isReplaced(entry))
    const entry = { executable, capabilities, ...(said === undefined ? {} : { said }) }
    yield* disk.write([entry, ...others.slice(0, MAX_ENTRIES - 1)])
    return capabilities
  })

  interface Known {
    readonly executable: Executable | undefined
    readonly capabilities: Capabilities
  }
  const memory = yield* SynchronizedRef.make(Option.none<Known>())
  const current = Effect.fnUntraced(function* (known: Option.Option<Known>) {
    const executable = yield* executableOf(command)
    const kept = Option.filter(known, (known) => isSameExecutable(known.executable, executable))
    return Option.isSome(kept) ? kept.value : { executable, capabilities: yield* lookUp(executable) }
  })
  const capabilities = SynchronizedRef.modifyEffect(memory, (known) =>
    Effect.map(current(known), (known) => [known.capabilities, Option.some(known)] as const)
  )
  return {
    capabilities: Effect.provide(capabilities, context),
    forget: Effect.zipRight(
      SynchronizedRef.set(memory, Option.none()),
      Effect.provide(disk?.write([]) ?? Effect.void, context)
    )
  }
})
