import { Effect, Schema } from "effect"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"

/** A file or directory that must be ours and is not. Nothing is read from it and nothing is written to it. */
export class NotOurs extends Schema.TaggedError<NotOurs>()("NotOurs", {
  path: Schema.String,
  /** `unreadable`: the system does not say what is at the path. `foreign`: a link, the wrong kind, or another user's. */
  reason: Schema.Literal("unreadable", "foreign"),
  /** A sentence about the path, without it. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail}`
  }
}

/** What is at the path, links not followed; `undefined` if there is nothing. */
export const entryAt = (path: string): Effect.Effect<Stats | undefined, NotOurs> =>
  Effect.tryPromise({
    try: () => fs.lstat(path).catch((cause) => (cause.code === "ENOENT" ? undefined : Promise.reject(cause))),
    catch: (cause) =>
      new NotOurs({ path, reason: "unreadable", detail: cause instanceof Error ? cause.message : String(cause) })
  })

/** The owner of an entry, as `another user (uid 7)`; `undefined` if it is one of `uids`, or the system has no users. */
export const otherOwner = (entry: Stats, ...uids: ReadonlyArray<number | undefined>): string | undefined =>
  uids.includes(undefined) || uids.includes(entry.uid) ? undefined : `another user (uid ${entry.uid})`

/** Whether any user can replace the entries of this directory: it is world-writable without the sticky bit. */
export const letsOthersReplace = ({ mode }: Stats): boolean => (mode & 0o002) !== 0 && (mode & 0o1000) === 0

const ownEntry = (kind: "directory" | "regular file") =>
  Effect.fn("ownEntry")(function* (
    path: string,
    uid: number | undefined = process.getuid?.(),
    ...otherUids: ReadonlyArray<number>
  ): Effect.fn.Return<Stats | undefined, NotOurs> {
    const entry = yield* entryAt(path)
    if (entry === undefined) return undefined
    const foreign = (detail: string) => new NotOurs({ path, reason: "foreign", detail })
    if (entry.isSymbolicLink()) {
      return yield* foreign("it is a symbolic link, which is not followed. Find out who made it, then remove it")
    }
    if (!(kind === "directory" ? entry.isDirectory() : entry.isFile())) {
      return yield* foreign(`it is not a ${kind}. Move it away`)
    }
    const owner = otherOwner(entry, uid, ...otherUids)
    if (owner !== undefined) return yield* foreign(`it belongs to ${owner}. Find out who made it, then remove it`)
    return entry
  })

/**
 * The regular file at the path, `undefined` if there is nothing. Fails with `NotOurs` for a symbolic link, for another
 * kind of entry, and for a file of a user other than `uid` (by default our own) or one of `otherUids`.
 */
export const ownFileAt = ownEntry("regular file")

/** The same for a directory. */
export const ownDirectoryAt = ownEntry("directory")
