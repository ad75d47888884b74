import { Effect, Schema } from "effect"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"

/** An entry of the file system that is not ours alone, so nothing is read from it and nothing written through it. */
export class NotOurs extends Schema.TaggedError<NotOurs>()("NotOurs", {
  path: Schema.String,
  /** In words that follow the path. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail}`
  }
}

/** The entry itself, not what a link points to; nothing when there is none. */
export const entryAt = (path: string): Effect.Effect<Stats | undefined, NotOurs> =>
  Effect.tryPromise({
    try: () => fs.lstat(path).catch((cause) => (cause.code === "ENOENT" ? undefined : Promise.reject(cause))),
    catch: (cause) => new NotOurs({ path, detail: cause instanceof Error ? cause.message : String(cause) })
  })

/** Whose an entry is, in words that follow "it belongs to"; nothing when it is the user's `uid`. */
export const strangerOf = (entry: Stats, uid: number | undefined): string | undefined =>
  uid === undefined || entry.uid === uid ? undefined : `another user (uid ${entry.uid})`

/**
 * Whether there is a file, and then only if it is a real one of the user `uid`: a link that somebody planted would have us
 * read or write elsewhere.
 */
export const ownFileAt = Effect.fn("ownFileAt")(function* (
  path: string,
  uid: number | undefined = process.getuid?.()
): Effect.fn.Return<boolean, NotOurs> {
  const entry = yield* entryAt(path)
  if (entry === undefined) return false
  if (entry.isSymbolicLink()) {
    return yield* new NotOurs({
      path,
      detail: "it is a link, and is not followed. See who put it there, and remove it"
    })
  }
  if (!entry.isFile()) return yield* new NotOurs({ path, detail: "Something else stands in its place: move that away" })
  const stranger = strangerOf(entry, uid)
  if (stranger === undefined) return true
  return yield* new NotOurs({ path, detail: `it belongs to ${stranger}. See who put it there, and remove it` })
})
