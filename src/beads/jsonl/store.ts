import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { Exec } from "../../exec/Exec.ts"
import { KernelLockFailed, withKernelLock } from "../../exec/kernelLock.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { editObject, type Edits } from "./edit.ts"
import { issuesOf, type Entry, type JsonlIssues } from "./issues.ts"
import { readJsonl, withLine } from "./lines.ts"
import { refuseExport } from "./refuseExport.ts"

/** The JSONL file. */
export interface JsonlStore {
  readonly read: (operation: string) => Effect.Effect<JsonlIssues, TrackerFailed>
  /** Runs the effect under a lock that all fibers of this process and all our processes on this host share. */
  readonly locked: <A, E>(operation: string, effect: Effect.Effect<A, E>) => Effect.Effect<A, E | TrackerFailed>
  /** Edits the line of an entry. Call it only in `locked`. */
  readonly write: (operation: string, entry: Entry, edits: Edits) => Effect.Effect<void, TrackerFailed>
}

const trackerFailed = (operation: string) => (error: PlatformError) => {
  if (error._tag === "SystemError" && error.reason === "NotFound") {
    const detail = `${error.pathOrDescriptor ?? "issues.jsonl"} does not exist. Create it, or set BEADS_DIR`
    return new TrackerFailed({ operation, reason: "no_database", detail, blame: "config" })
  }
  return new TrackerFailed({ operation, reason: "refused", detail: error.message, blame: "host" })
}

const PERMISSIONS = 0o7777

/** Replaces the file and keeps its mode. Call it only in `locked`. */
const replace = (fs: FileSystem.FileSystem, file: string, content: Uint8Array) =>
  Effect.flatMap(fs.stat(file), ({ mode }) =>
    replaceFile(file, content, { mode: mode & PERMISSIONS, temporary: `${file}.nightly-dispatch.new` })
  ).pipe(Effect.provideService(FileSystem.FileSystem, fs))

/** Reads nothing before the first call. */
export const makeJsonlStore = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const exec = yield* Exec
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const mutex = yield* Effect.makeSemaphore(1)

  // The lock and the new file must be beside the real file, so a link is resolved here.
  const open = (operation: string) =>
    Effect.gen(function* () {
      const real = yield* fs.realPath(file)
      yield* refuseExport(real)
      return { real, content: readJsonl(yield* fs.readFile(real)) }
    }).pipe(
      Effect.mapError((error) => (error._tag === "TrackerFailed" ? error : trackerFailed(operation)(error))),
      Effect.provide(context)
    )

  return {
    read: (operation) => Effect.map(open(operation), ({ content }) => issuesOf(content)),

    locked: (operation, effect) =>
      fs.realPath(file).pipe(
        Effect.mapError(trackerFailed(operation)),
        Effect.flatMap((real) => withKernelLock(`${real}.nightly-dispatch.lock`)(effect)),
        Effect.catchIf(
          (error) => error instanceof KernelLockFailed,
          (error) => new TrackerFailed({ operation, reason: "refused", detail: error.message, blame: "host" })
        ),
        Effect.provideService(Exec, exec),
        mutex.withPermits(1)
      ),

    write: (operation, entry, edits) =>
      Effect.gen(function* () {
        // Other programs ignore our lock, so read the file and look for the line again.
        const { real, content } = yield* open(operation)
        const line = content.lines.findIndex((line) => line._tag === "Issue" && line.text === entry.text)
        if (line < 0) {
          const detail = "another program changed the issue at the same time. Run the command again"
          return yield* new TrackerFailed({ operation, reason: "refused", detail, blame: "tracker" })
        }
        const changed = withLine(content, line, editObject(entry.text, edits))
        yield* Effect.mapError(replace(fs, real, changed), trackerFailed(operation))
      })
  } satisfies JsonlStore
})
