import { Effect, Schema, type Scope } from "effect"
import * as fs from "node:fs/promises"
import { messageOf } from "./causes.ts"
import { inodeAt } from "./inode.ts"
import { carry, contentOf, type Growth } from "./growth.ts"

/** The file cannot be read or replaced. */
export class SharedFileFailed extends Schema.TaggedError<SharedFileFailed>()("SharedFileFailed", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail}`
  }
}

const onFile = <A>(path: string, action: () => Promise<A>): Effect.Effect<A, SharedFileFailed> =>
  Effect.tryPromise({ try: action, catch: (cause) => new SharedFileFailed({ path, detail: messageOf(cause) }) })

/** A file as it was read. It stays open, so that later bytes of other writers are seen. */
export interface Snapshot {
  readonly path: string
  readonly inode: string
  readonly handle: fs.FileHandle
  readonly content: Buffer
}

const open = (path: string, file: string, flags: string): Effect.Effect<fs.FileHandle, SharedFileFailed, Scope.Scope> =>
  Effect.acquireRelease(
    onFile(path, () => fs.open(file, flags, 0o600)),
    (handle) => Effect.promise(() => handle.close().catch(() => undefined))
  )

const inodeOf = (path: string, handle: fs.FileHandle) =>
  onFile(path, () => handle.stat({ bigint: true }).then(({ dev, ino }) => `${dev}:${ino}`))

/** Reads the file, and keeps it open for the scope. `content` is one of `known` itself if each byte of the file is the same. */
export const snapshot = Effect.fn("sharedFile.snapshot")(function* (
  path: string,
  known?: ReadonlyArray<Buffer>
): Effect.fn.Return<Snapshot, SharedFileFailed, Scope.Scope> {
  const handle = yield* open(path, path, "r")
  const inode = yield* inodeOf(path, handle)
  return { path, handle, inode, content: yield* onFile(path, () => contentOf(handle, known)) }
})

/**
 * `Replaced`: the path has the new content and all that was appended to the old file. `Changed`: another program changed the
 * file first, so it was left alone. `Displaced`: replaced, but then another program put its own file there. `Overwritten`:
 * replaced, but another program then rewrote the old file in place: `content` is what it wrote, `length` how much of the new
 * file is ours.
 */
export type Swapped =
  | { readonly _tag: "Replaced" | "Changed" | "Displaced" }
  | { readonly _tag: "Overwritten"; readonly content: Buffer; readonly length: number }

const PAUSE = "50 millis"
/** A writer that goes on for longer than these pauses keeps its later lines only if it opens the file again. */
const ROUNDS = 20

/** What is in the file when its writer is done. */
const settled = Effect.fn("sharedFile.settled")(function* ({ handle, path }: Snapshot) {
  let content = yield* onFile(path, () => contentOf(handle))
  for (let round = 0; round < ROUNDS; round++) {
    yield* Effect.sleep(PAUSE)
    const now = yield* onFile(path, () => contentOf(handle))
    if (now.equals(content)) break
    content = now
  }
  return content
})

/** After the rename: carries over what other programs still write to the old file, until they are quiet. */
const follow = Effect.fn("sharedFile.follow")(function* (before: Snapshot, growth: Growth, inode: string) {
  for (let round = 0; ; round++) {
    const isLast = round === ROUNDS
    const grew = yield* onFile(before.path, () => carry(growth, isLast))
    if (grew === "rewritten") {
      return { _tag: "Overwritten", content: yield* settled(before), length: growth.written } satisfies Swapped
    }
    const now = yield* Effect.mapError(
      inodeAt(before.path),
      ({ detail, path }) => new SharedFileFailed({ path, detail })
    )
    if (now !== inode) return { _tag: "Displaced" } satisfies Swapped
    if (isLast || (round > 0 && grew === "same")) break
    yield* Effect.sleep(PAUSE)
  }
  yield* onFile(before.path, () => growth.to.datasync())
  return { _tag: "Replaced" } satisfies Swapped
})

/** Mode and owner of the new file are those of the old one. */
const likeOld = async (old: fs.FileHandle, made: fs.FileHandle): Promise<void> => {
  const [from, to] = await Promise.all([old.stat(), made.stat()])
  if (from.uid !== to.uid || from.gid !== to.gid) await made.chown(from.uid, from.gid)
  await made.chmod(from.mode & 0o7777)
}

/** Makes the rename last through a power failure. Some file systems cannot do it. */
const syncDirectory = (path: string) =>
  Effect.scoped(
    Effect.flatMap(open(path, path.slice(0, path.lastIndexOf("/")) || "/", "r"), (directory) =>
      onFile(path, () => directory.sync())
    )
  ).pipe(Effect.catchAll(({ message }) => Effect.logDebug(`the new file may be lost in a power failure: ${message}`)))

/**
 * Replaces a file that other programs write too, without our lock: every reader sees the old content or the new. `temporary`
 * is a path on the same file system that does not exist. Nothing is replaced if the file is not what the snapshot has, apart
 * from bytes at its end: those are carried over, also when they come after the rename from a program that still has the old
 * file open. Mode and owner are kept.
 *
 * POSIX has no way to replace a file only if it is unchanged. What is left: a file that another program renames to the path
 * between our last look and our rename is lost; a program that had the old file open and first writes to it more than 50 ms
 * after the rename, or after a crash of ours in that time, writes to a file without a name. A failure may come after the
 * rename: read the file to find out.
 *
 * @example
 * const before = yield* snapshot(file)
 * const { _tag } = yield* swap(before, edited(before.content), `${file}.new`)
 */
export const swap = Effect.fn("sharedFile.swap")(function* (
  before: Snapshot,
  next: Uint8Array,
  temporary: string
): Effect.fn.Return<Swapped, SharedFileFailed> {
  const { content, handle, path } = before
  return yield* Effect.scoped(
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.promise(() => fs.rm(temporary, { force: true }).catch(() => undefined)))
      const to = yield* open(path, temporary, "ax")
      const inode = yield* inodeOf(path, to)
      const growth: Growth = { from: handle, to, carried: content, written: next.length }
      yield* onFile(path, () => to.writeFile(next).then(() => likeOld(handle, to)))
      yield* onFile(path, () => carry(growth, false).then(() => to.sync()))
      // The disk may have been slow, so the last comparison comes after it.
      const grew = yield* onFile(path, () => carry(growth, false))
      const now = yield* Effect.mapError(inodeAt(path), ({ detail }) => new SharedFileFailed({ path, detail }))
      if (grew === "rewritten" || now !== before.inode) return { _tag: "Changed" } satisfies Swapped
      yield* onFile(path, () => fs.rename(temporary, path))
      const followed = yield* follow(before, growth, inode)
      yield* syncDirectory(path)
      return followed
    })
  )
}, Effect.uninterruptible)
