import * as FileSystem from "../exec/FileSystem.ts"
import * as Path from "@effect/platform/Path"
import { Duration, Effect } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import { withinLimit } from "../domain/interruption.ts"
import { makeDirectories } from "../exec/makeDirectories.ts"
import { ownFileAt } from "../exec/ownFiles.ts"
import { journalFailures } from "./failures.ts"
import { inspectDirectory, notOurs, unusable } from "./inspectDirectory.ts"
import { STATE_FILES } from "./stateFiles.ts"

export interface StateDirectory {
  /** Absolute. */
  readonly directory: string
  /** The user who must own the directory and its files; by default our own. */
  readonly uid?: number | undefined
}

/** Only in a directory that is closed to other users does the answer last: they could change the files of another one. */
const requireOwnFiles = Effect.fn("stateDirectory.files")(function* (directory: string, uid: number | undefined) {
  const path = yield* Path.Path
  yield* Effect.forEach(STATE_FILES, (name) => Effect.mapError(ownFileAt(path.join(directory, name), uid), notOurs))
})

/** How long the file system may take. */
const LIMIT = Duration.seconds(30)

/** Fails if the file system does not answer: a network disk may hang for ever. */
export const answering = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  { directory }: StateDirectory
): Effect.Effect<A, E | JournalFailed, R> =>
  withinLimit(effect, LIMIT, () => journalFailures(directory).noAnswer(Duration.format(LIMIT)))

/**
 * Makes the state directory if it is missing, and closes it (mode 0700) if it is ours and open to others. Fails, and changes
 * nothing, if another user owns it or uses it too, if its owner made it read-only, or if one of its files is a link or belongs
 * to another user.
 */
export const ownStateDirectory = Effect.fn("ownStateDirectory")(function* ({
  directory,
  uid = process.getuid?.()
}: StateDirectory): Effect.fn.Return<void, JournalFailed, FileSystem.FileSystem | Path.Path> {
  const files = yield* FileSystem.FileSystem
  const orUnusable = Effect.mapError(journalFailures(directory).of)
  if ((yield* inspectDirectory(directory, uid)) === "missing") {
    yield* orUnusable(makeDirectories(directory))
  }
  const state = yield* inspectDirectory(directory, uid)
  if (state === "limited") {
    const next = `To let nightly-dispatch use it again, run: chmod 700 ${directory}`
    return yield* unusable(directory, "its mode says that its owner must not write in it, so no run uses it", next)
  }
  if (state === "open") {
    yield* requireOwnFiles(directory, uid)
    yield* orUnusable(files.chmod(directory, 0o700))
  }
  yield* requireOwnFiles(directory, uid)
}, answering)

/** Whether the state directory exists. Fails if it is not safe to read from. Changes nothing. */
export const readableStateDirectory = Effect.fn("readableStateDirectory")(function* ({
  directory,
  uid = process.getuid?.()
}: StateDirectory): Effect.fn.Return<boolean, JournalFailed, Path.Path> {
  if ((yield* inspectDirectory(directory, uid)) === "missing") return false
  yield* requireOwnFiles(directory, uid)
  return true
}, answering)
