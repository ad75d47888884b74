import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import { JournalFailed } from "../domain/Failure.ts"
import { entryAt, letsOthersReplace, otherOwner, ownFileAt, type NotOurs } from "../exec/ownFiles.ts"
import { journalFailures } from "./failures.ts"

/** The state directory, and whose it has to be. */
export interface StateDirectory {
  /** Absolute. */
  readonly directory: string
  /** Whose files these are; our own user's when not given. */
  readonly uid?: number | undefined
}

export const DATABASE = "journal.db"
export const RUN_LOCK = "run.lock"
export const OPEN_LOCK = "open.lock"

/** The files that are read and written here, by us and by SQLite. */
const FILES = [
  DATABASE,
  `${DATABASE}-wal`,
  `${DATABASE}-shm`,
  `${DATABASE}-journal`,
  RUN_LOCK,
  `${RUN_LOCK}.takeover`,
  OPEN_LOCK,
  `${OPEN_LOCK}.takeover`,
  "bd.json",
  "first-run"
]

/** Whatever we may have put there. */
const isOfOurs = (name: string): boolean =>
  FILES.includes(name) ||
  name === "jobs" ||
  /^(?:(?:(?:run|open)\.lock|bd\.json|first-run)\.[0-9a-f]{12}|\.bd-.*)$/.test(name)

const ELSEWHERE = "set stateDir to a directory of your own"

const refused = (file: string, detail: string) => new JournalFailed({ file, reason: "unusable", detail })
const notOurs = ({ detail, path }: NotOurs) => refused(path, detail)

/** Asked of the system, with links followed. */
const asked = <A>(directory: string, ask: () => Promise<A>): Effect.Effect<A, JournalFailed> =>
  Effect.tryPromise({ try: ask, catch: journalFailures(directory).of })

/** The directories above it, and above what a link leads to, may not let others put theirs in its place. */
const requireLasting = Effect.fn("stateDirectory.above")(function* (directory: string) {
  const path = yield* Path.Path
  const real = yield* asked(directory, () => fs.realpath(directory))
  for (const above of new Set([path.dirname(directory), path.dirname(real)])) {
    if (letsOthersReplace(yield* asked(directory, () => fs.stat(above)))) {
      return yield* refused(directory, `everybody may exchange what is in ${above}. chmod o-w that, or ${ELSEWHERE}`)
    }
  }
})

/**
 * A directory that is open to others is closed only when it is plainly for us alone: what somebody else works in, such as
 * /tmp or /etc, would break for everybody.
 */
const requireUnshared = Effect.fn("stateDirectory.shared")(function* (
  directory: string,
  mode: number,
  uid: number | undefined
) {
  const path = yield* Path.Path
  const shared = (what: string) =>
    refused(
      directory,
      `it is open to other users, and ${what}. If it is for nightly-dispatch alone, chmod 700 it; else ${ELSEWHERE}`
    )
  if ((mode & 0o1000) !== 0) return yield* shared("its sticky bit says that they work in it")
  const names = yield* asked(directory, () => fs.readdir(directory))
  for (const name of names) {
    const entry = yield* Effect.mapError(entryAt(path.join(directory, name)), notOurs)
    const stranger = entry === undefined ? undefined : otherOwner(entry, uid)
    if (stranger !== undefined) return yield* shared(`${JSON.stringify(name)} in it belongs to ${stranger}`)
  }
  const foreign = names.includes(DATABASE) ? undefined : names.find((name) => !isOfOurs(name))
  if (foreign !== undefined) return yield* shared(`holds other things (${JSON.stringify(foreign)})`)
})

/** Whether the directory is there, and then only if it is ours. `lax`: its mode is still to be made 0700. */
const inspect = Effect.fn("stateDirectory.inspect")(function* (
  directory: string,
  uid: number | undefined
): Effect.fn.Return<"missing" | "lax" | "closed", JournalFailed, Path.Path> {
  const entry = yield* Effect.mapError(entryAt(directory), ({ detail }) => journalFailures(directory).of(detail))
  if (entry === undefined) return "missing"
  // People link their state elsewhere; what such a link leads to, its owner decides.
  const linker = entry.isSymbolicLink() && entry.uid !== 0 ? otherOwner(entry, uid) : undefined
  if (linker !== undefined) {
    return yield* refused(directory, `it is a link of ${linker}. See who put it there, and remove it, or ${ELSEWHERE}`)
  }
  const stat = yield* Effect.mapError(
    asked(directory, () => fs.stat(directory)),
    (error) =>
      entry.isSymbolicLink() ? refused(directory, `it is a link that leads nowhere. Remove it, or ${ELSEWHERE}`) : error
  )
  if (!stat.isDirectory()) {
    return yield* refused(directory, `it is not a directory. Move it away, or ${ELSEWHERE}`)
  }
  const stranger = otherOwner(stat, uid)
  if (stranger !== undefined) {
    return yield* refused(directory, `it belongs to ${stranger}. Run as that user, or ${ELSEWHERE}`)
  }
  yield* requireLasting(directory)
  if ((stat.mode & 0o077) !== 0) yield* requireUnshared(directory, stat.mode, uid)
  return (stat.mode & 0o777) === 0o700 ? "closed" : "lax"
})

/** Nobody but us can put anything there any more when this looks. */
const requireOwnFiles = Effect.fn("stateDirectory.files")(function* (directory: string, uid: number | undefined) {
  const path = yield* Path.Path
  yield* Effect.forEach(FILES, (name) => Effect.mapError(ownFileAt(path.join(directory, name), uid), notOurs))
})

/**
 * The state directory for us alone: made when it is not there, closed (0700) when it is ours and open to others. Fails,
 * and changes nothing, where it is somebody else's, is shared, or holds a file of ours that is a link or another's.
 */
export const ownStateDirectory = Effect.fn("ownStateDirectory")(function* ({
  directory,
  uid = process.getuid?.()
}: StateDirectory): Effect.fn.Return<void, JournalFailed, FileSystem.FileSystem | Path.Path> {
  const files = yield* FileSystem.FileSystem
  const unusable = Effect.mapError(journalFailures(directory).of)
  if ((yield* inspect(directory, uid)) === "missing") {
    yield* unusable(files.makeDirectory(directory, { recursive: true, mode: 0o700 }))
  }
  if ((yield* inspect(directory, uid)) !== "closed") yield* unusable(files.chmod(directory, 0o700))
  yield* requireOwnFiles(directory, uid)
})

/** Whether the directory is there, and safe to be read from. Changes nothing. */
export const readableStateDirectory = Effect.fn("readableStateDirectory")(function* ({
  directory,
  uid = process.getuid?.()
}: StateDirectory): Effect.fn.Return<boolean, JournalFailed, Path.Path> {
  if ((yield* inspect(directory, uid)) === "missing") return false
  yield* requireOwnFiles(directory, uid)
  return true
})
