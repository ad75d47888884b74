import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Clock, Duration, Effect, Option } from "effect"
import { randomBytes } from "node:crypto"
import { makeDirectories } from "../../exec/makeDirectories.ts"
import { ownDirectoryAt } from "../../exec/ownFiles.ts"

/** Where a tracker file's lock and temporary files are. */
export interface PrivateDirectory {
  readonly lock: string
  /** A path that does not exist. */
  readonly temporary: Effect.Effect<string>
  /** Removes the temporary files that a crash left. Call it only under the lock. */
  readonly sweep: Effect.Effect<void>
}

/** A change takes seconds, so a temporary file of this age was left by a crash. */
const LEFTOVER_AGE = Duration.hours(1)

/**
 * Makes the directory `.nightly-dispatch` beside the tracker file. It is there, and not in a temporary directory, because a
 * rename needs the same file system, and because every container that sees the tracker must see the lock. Its own `.gitignore`
 * keeps it out of `git status`, and bd looks for databases only above it. Mode 0700: another user who could open the lock could
 * hold it for ever.
 */
export const privateDirectory = Effect.fn("jsonl.privateDirectory")(function* (file: string) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const directory = path.join(path.dirname(file), ".nightly-dispatch")
  const name = path.basename(file)
  if ((yield* ownDirectoryAt(directory)) === undefined) {
    yield* makeDirectories(directory)
    yield* fs.chmod(directory, 0o700)
  }
  const ignore = path.join(directory, ".gitignore")
  if (!(yield* fs.exists(ignore))) yield* fs.writeFileString(ignore, "*\n", { mode: 0o600 })
  const isTemporary = (entry: string) => entry.startsWith(`${name}.`) && /\.[0-9a-f]{12}$/.test(entry)
  const sweep = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    // A time in the future means that a clock was wrong. Without `abs` the file would stay until that time.
    const isOld = (at: Date) => Math.abs(now - at.getTime()) > Duration.toMillis(LEFTOVER_AGE)
    for (const entry of (yield* fs.readDirectory(directory)).filter(isTemporary)) {
      const { mtime } = yield* fs.stat(path.join(directory, entry))
      if (Option.exists(mtime, isOld)) yield* fs.remove(path.join(directory, entry))
    }
  })
  return {
    lock: path.join(directory, `${name}.lock`),
    temporary: Effect.sync(() => path.join(directory, `${name}.${randomBytes(6).toString("hex")}`)),
    sweep: Effect.catchAll(sweep, ({ message }) => Effect.logDebug(`a temporary file stays: ${message}`))
  } satisfies PrivateDirectory
})
