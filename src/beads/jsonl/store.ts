import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { Exec } from "../../exec/Exec.ts"
import { FileLockFailed, withFileLock } from "../../exec/FileLock.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { issuesOf, readJsonl, withLine, type Entry, type JsonlIssues } from "./lines.ts"
import { editObject, type Edits } from "./edit.ts"
import { refuseExport } from "./guard.ts"

/** The file, read whole and replaced whole. */
export interface JsonlStore {
  readonly read: (operation: string) => Effect.Effect<JsonlIssues, TrackerFailed>
  /** Holds the lock, among the fibers of this process and the processes of this host. */
  readonly locked: <A, E>(operation: string, effect: Effect.Effect<A, E>) => Effect.Effect<A, E | TrackerFailed>
  /** Edits the line of an entry. Only under the lock. */
  readonly write: (operation: string, entry: Entry, edits: Edits) => Effect.Effect<void, TrackerFailed>
}

const failed =
  (operation: string) =>
  (error: PlatformError): TrackerFailed =>
    error._tag === "SystemError" && error.reason === "NotFound"
      ? new TrackerFailed({ operation, reason: "no_database", detail: "there is no such file", blame: "config" })
      : new TrackerFailed({ operation, reason: "refused", detail: error.message, blame: "host" })

const PERMISSIONS = 0o7777

/** Replaces a file and keeps its mode. Only under the lock. */
const replace = (fs: FileSystem.FileSystem, file: string, content: Uint8Array) =>
  Effect.flatMap(fs.stat(file), ({ mode }) =>
    replaceFile(file, content, { mode: mode & PERMISSIONS, temporary: `${file}.nightly-dispatch.new` })
  ).pipe(Effect.provideService(FileSystem.FileSystem, fs))

/** The store on this file. Nothing is touched before the first call. */
export const makeJsonlStore = (
  file: string
): Effect.Effect<JsonlStore, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const exec = yield* Exec
    const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const inTurn = yield* Effect.makeSemaphore(1)

    // A link is followed once, here: the lock and the new file stand beside the real one.
    const open = (operation: string) =>
      Effect.gen(function* () {
        const real = yield* fs.realPath(file)
        yield* refuseExport(real)
        return { real, content: readJsonl(yield* fs.readFile(real)) }
      }).pipe(
        Effect.catchTags({
          BadArgument: (error) => failed(operation)(error),
          SystemError: (error) => failed(operation)(error)
        }),
        Effect.provide(context)
      )

    return {
      read: (operation) => Effect.map(open(operation), ({ content }) => issuesOf(content)),

      locked: (operation, effect) =>
        fs.realPath(file).pipe(
          Effect.mapError(failed(operation)),
          Effect.flatMap((real) => withFileLock(`${real}.nightly-dispatch.lock`)(effect)),
          Effect.catchIf(
            (error) => error instanceof FileLockFailed,
            (error) => new TrackerFailed({ operation, reason: "refused", detail: error.message, blame: "host" })
          ),
          Effect.provideService(Exec, exec),
          inTurn.withPermits(1)
        ),

      write: (operation, entry, edits) =>
        Effect.gen(function* () {
          // Others do not know our lock, so the line is looked for again in what the file holds now.
          const { real, content } = yield* open(operation)
          const line = content.lines.findIndex((line) => line._tag === "Issue" && line.text === entry.text)
          if (line < 0) {
            const detail = "the issue was changed by somebody else at the same time"
            return yield* new TrackerFailed({ operation, reason: "refused", detail, blame: "tracker" })
          }
          const changed = withLine(content, line, editObject(entry.text, edits))
          yield* Effect.mapError(replace(fs, real, changed), failed(operation))
        })
    }
  })
