import { Effect, Schema } from "effect"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import { messageOf } from "./causes.ts"

/** A file or directory that must be ours and is not. We neither read nor write it. */
export class NotOurs extends Schema.TaggedError<NotOurs>()("NotOurs", {
  path: Schema.String,
  /** `unreadable`: the path cannot be inspected. `foreign`: it is a link, the wrong kind of entry, or another user's. */
  reason: Schema.Literal("unreadable", "foreign"),
  /** A sentence about the path, without it. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail}`
  }
}

/** The entry at the path, links not followed; `undefined` if there is none. */
export const entryAt = (path: string): Effect.Effect<Stats | undefined, NotOurs> =>
  Effect.tryPromise({
    try: () => fs.lstat(path).catch((cause) => (cause.code === "ENOENT" ? undefined : Promise.reject(cause))),
    catch: (cause) => new NotOurs({ path, reason: "unreadable", detail: messageOf(cause) })
  })

/** `another user (uid 7)`; `undefined` if the entry's owner is one of `uids`, or the system has no uids. */
export const otherOwner = (entry: Stats, ...uids: ReadonlyArray<number | undefined>): string | undefined =>
  uids.includes(undefined) || uids.includes(entry.uid) ? undefined : `another user (uid ${entry.uid})`

/** Whether any user can replace the entries of this directory: it is world-writable without the sticky bit. */
export const letsOthersReplace = ({ mode }: Stats): boolean => (mode & 0o002) !== 0 && (mode & 0o1000) === 0

const ownEntry = (kind: "directory" | "regular file") =>
  Effect.fnUntraced(function* (
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
 * The regular file at the path; `undefined` if there is none. Fails with `NotOurs` if there is a symbolic link or another
 * kind of entry, or if the file's owner is neither `uid` (by default our own) nor one of `otherUids`.
 */
export const ownFileAt = ownEntry("regular file")

/** Like `ownFileAt`, for a directory. */
export const ownDirectoryAt = ownEntry("directory")
