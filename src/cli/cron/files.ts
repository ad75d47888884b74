import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option } from "effect"
import * as path from "node:path"
import { makeDirectories } from "../../exec/makeDirectories.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { notDone } from "../exit.ts"
import { difference } from "./block.ts"

/** The text of a file; `undefined` if there is none. Fails if it cannot be read. */
export const textAt = Effect.fn("cron.textAt")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const found = yield* Effect.asSome(fs.readFileString(file)).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeedNone
    ),
    Effect.mapError(notDone("it cannot be read", file))
  )
  return Option.getOrUndefined(found)
})

/** A file before and after `cron install` writes it. */
export interface FileChange {
  readonly file: string
  readonly mode: number
  /** `undefined` if there is none. */
  readonly before: string | undefined
  readonly text: string
  /** Whether a person wrote or changed the old file: a copy of it stays, with the ending `.bak`. */
  readonly keepsOld: boolean
}

export const isChange = ({ before, text }: FileChange): boolean => before !== text

/** The change in lines for a person. */
export const shownChange = ({ before, file, keepsOld, mode, text }: FileChange): ReadonlyArray<string> => {
  if (before === undefined) return [`writes  ${file}  (new, 0${mode.toString(8)})`]
  if (before === text) return []
  return keepsOld
    ? [`replaces  ${file}  (not as nightly-dispatch made it; the old one stays as ${file}.bak)`]
    : [`changes  ${file}`, ...difference(before.split("\n"), text.split("\n"))]
}

/** Makes the directories that are missing. */
export const madeDirectory = (directory: string) =>
  makeDirectories(directory).pipe(Effect.mapError(notDone("it cannot be made", directory)))

/** Writes the file if it changes, in one step. */
export const writeChange = Effect.fn("cron.writeChange")(function* (change: FileChange) {
  const { before, file, keepsOld, mode, text } = change
  if (!isChange(change)) return
  yield* madeDirectory(path.dirname(file))
  if (keepsOld && before !== undefined) {
    yield* replaceFile(`${file}.bak`, before, { mode }).pipe(
      Effect.mapError(notDone("it cannot be written", `${file}.bak`))
    )
  }
  yield* replaceFile(file, text, { mode }).pipe(Effect.mapError(notDone("it cannot be written", file)))
})

/** Removes a file, if it is there. */
export const removedFile = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(file, { force: true })).pipe(
    Effect.mapError(notDone("it cannot be removed", file))
  )
