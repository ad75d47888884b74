import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import { ownDirectoryAt } from "../../exec/ownFiles.ts"

export const isNotFound = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The text of a file; nothing when there is none. */
export const textOf = Effect.fn("textOf")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.readFileString(file).pipe(
    Effect.asSome,
    Effect.catchIf(isNotFound, () => Effect.succeedNone)
  )
})

/** Makes a directory, mode 0700, with those above it. Fails with `NotOurs` if it is a link or another user's. */
export const ownDirectory = Effect.fn("ownDirectory")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  yield* ownDirectoryAt(directory)
})
