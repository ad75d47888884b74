import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Schema } from "effect"
import { lstat } from "node:fs/promises"

/** A directory that could not be had for ourselves. */
export class NotOurDirectory extends Schema.TaggedError<NotOurDirectory>()("NotOurDirectory", {
  directory: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.directory}: ${this.detail}`
  }
}

export const isNotFound = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The text of a file; nothing when there is none. */
export const textOf = Effect.fn("textOf")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.readFileString(file).pipe(
    Effect.asSome,
    Effect.catchIf(isNotFound, () => Effect.succeedNone)
  )
})

/**
 * Puts a file in place, mode 0600, complete or not at all, also after a power cut. `unique` makes the name it is
 * written under a new one, so no planted link is followed.
 */
export const place = Effect.fn("place")(function* (file: string, text: string, unique: string) {
  const fs = yield* FileSystem.FileSystem
  const fresh = `${file}.${unique}`
  yield* Effect.scoped(
    Effect.gen(function* () {
      const handle = yield* fs.open(fresh, { flag: "wx", mode: 0o600 })
      yield* handle.writeAll(new TextEncoder().encode(text))
      yield* handle.sync
    })
  )
  yield* fs.rename(fresh, file)
})

/** Makes a directory, mode 0700, with those above it. One that is a link is refused. */
export const ownDirectory = Effect.fn("ownDirectory")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  const info = yield* Effect.tryPromise({
    try: () => lstat(directory),
    catch: (cause) => new NotOurDirectory({ directory, detail: String(cause) })
  })
  if (!info.isDirectory()) return yield* new NotOurDirectory({ directory, detail: "a link is not followed" })
})
