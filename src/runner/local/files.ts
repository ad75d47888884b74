import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either } from "effect"
import { makeDirectories } from "../../exec/makeDirectories.ts"
import { ownDirectoryAt } from "../../exec/ownFiles.ts"

export const isNotFound = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The text of a file. `undefined` if there is no such file. */
export const textOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const read = yield* Effect.either(fs.readFileString(file))
  return Either.isLeft(read) && isNotFound(read.left) ? undefined : yield* read
})

/** Makes a directory, mode 0700, and its missing parents. Fails with `NotOurs` if it is a link or another user's. */
export const ownDirectory = Effect.fn("ownDirectory")(function* (directory: string) {
  yield* makeDirectories(directory)
  yield* ownDirectoryAt(directory)
})
