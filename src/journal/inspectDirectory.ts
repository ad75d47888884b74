import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import { JournalFailed } from "../domain/Failure.ts"
import { entryAt, letsOthersReplace, otherOwner, type NotOurs } from "../exec/ownFiles.ts"
import { journalFailures } from "./failures.ts"
import { DATABASE, isStateEntry } from "./stateFiles.ts"

const ELSEWHERE = "set stateDir to a directory of your own"

export const unusable = (file: string, detail: string, next?: string) =>
  new JournalFailed({ file, reason: "unusable", detail, next })

export const notOurs = ({ detail, path }: NotOurs): JournalFailed => unusable(path, detail)

const onDirectory = <A>(directory: string, call: () => Promise<A>): Effect.Effect<A, JournalFailed> =>
  Effect.tryPromise({ try: call, catch: journalFailures(directory).of })

/** Checks the directory above this one, and above the target of a link: other users must not be able to replace it. */
const requireSafeParents = Effect.fn("stateDirectory.parents")(function* (directory: string) {
  const path = yield* Path.Path
  const real = yield* onDirectory(directory, () => fs.realpath(directory))
  for (const parent of new Set([path.dirname(directory), path.dirname(real)])) {
    if (letsOthersReplace(yield* onDirectory(directory, () => fs.stat(parent)))) {
      const problem = `${parent} is world-writable without the sticky bit, so any user can replace files in it`
      return yield* unusable(directory, problem, `Run: chmod o-w ${parent}, or ${ELSEWHERE}`)
    }
  }
})

/**
 * Checks a directory of ours that is open to other users. Fails if there is a sign that other users use it: closing /tmp or
 * /etc, set as stateDir by mistake, would break the host.
 */
const requireUnshared = Effect.fn("stateDirectory.unshared")(function* (
  directory: string,
  mode: number,
  uid: number | undefined
) {
  const path = yield* Path.Path
  const shared = (reason: string) => {
    const next = `If only nightly-dispatch uses it, run: chmod 700 ${directory}; else ${ELSEWHERE}`
    return unusable(directory, `it is open to other users, and ${reason}`, next)
  }
  if ((mode & 0o1000) !== 0) return yield* shared("its sticky bit says that they use it")
  const names = yield* onDirectory(directory, () => fs.readdir(directory))
  for (const name of names) {
    const entry = yield* Effect.mapError(entryAt(path.join(directory, name)), notOurs)
    const owner = entry === undefined ? undefined : otherOwner(entry, uid)
    if (owner !== undefined) return yield* shared(`${JSON.stringify(name)} in it belongs to ${owner}`)
  }
  const foreign = names.includes(DATABASE) ? undefined : names.find((name) => !isStateEntry(name))
  if (foreign !== undefined) return yield* shared(`it contains other files (${JSON.stringify(foreign)})`)
})

/**
 * Whether the state directory is `missing`, `open` to other users, `closed` to them (mode 0700), or `limited`: its owner may
 * not read, write or enter it. Fails if it is not a directory, belongs to another user, or if other users can replace it or use
 * it too. Changes nothing.
 */
export const inspectDirectory = Effect.fn("stateDirectory.inspect")(function* (
  directory: string,
  uid: number | undefined
): Effect.fn.Return<"missing" | "open" | "closed" | "limited", JournalFailed, Path.Path> {
  const entry = yield* Effect.mapError(entryAt(directory), ({ detail }) => journalFailures(directory).of(detail))
  if (entry === undefined) return "missing"
  // A link is allowed if it belongs to this user or to root: people keep their state on another disk.
  const linkOwner = entry.isSymbolicLink() ? otherOwner(entry, uid, 0) : undefined
  if (linkOwner !== undefined) {
    const next = `Find out who made it, then remove it, or ${ELSEWHERE}`
    return yield* unusable(directory, `it is a link of ${linkOwner}`, next)
  }
  const stat = yield* Effect.mapError(
    onDirectory(directory, () => fs.stat(directory)),
    (error) =>
      entry.isSymbolicLink()
        ? unusable(directory, "it is a link that leads nowhere", `Remove it, or ${ELSEWHERE}`)
        : error
  )
  if (!stat.isDirectory()) {
    return yield* unusable(directory, "it is not a directory", `Move it away, or ${ELSEWHERE}`)
  }
  const owner = otherOwner(stat, uid)
  if (owner !== undefined) {
    return yield* unusable(directory, `it belongs to ${owner}`, `Run as that user, or ${ELSEWHERE}`)
  }
  yield* requireSafeParents(directory)
  if ((stat.mode & 0o077) !== 0) yield* requireUnshared(directory, stat.mode, uid)
  if ((stat.mode & 0o700) !== 0o700) return "limited"
  return (stat.mode & 0o777) === 0o700 ? "closed" : "open"
})
