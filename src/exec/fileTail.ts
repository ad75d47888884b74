import { Effect } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { codeOf, messageOf } from "./causes.ts"
import { NotOurs, otherOwner } from "./ownFiles.ts"

/** A link is not followed, and a pipe without a writer does not block. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const open = (path: string): Promise<fs.FileHandle | undefined> =>
  fs.open(path, FLAGS).catch((cause: unknown) => (codeOf(cause) === "ENOENT" ? undefined : Promise.reject(cause)))

/** What a file is like when a part of it is read. */
export interface FileNow {
  /** Bytes. */
  readonly size: number
  /** Another one means that the file was replaced. */
  readonly inode: number
}

/** A part of a file. */
export interface FilePart extends FileNow {
  /** Where it begins, in bytes. */
  readonly start: number
  readonly bytes: Uint8Array
}

/** Where a part begins, and how many bytes it has at most. */
export interface PartPlace {
  readonly start: number
  readonly length: number
}

const partOf = async (handle: fs.FileHandle, file: FileNow, { length, start }: PartPlace): Promise<FilePart> => {
  const room = Math.max(0, Math.min(length, file.size - start))
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(room), 0, room, start)
  return { ...file, start, bytes: buffer.subarray(0, bytesRead) }
}

/**
 * A part of our own regular file, which `place` chooses; `undefined` if there is no such file. Fails with `NotOurs` if the path is a
 * symbolic link or another kind of entry, belongs to another user, or cannot be read.
 *
 * @example
 * filePart("/tmp/dx-runner/opencode/bd-1.log", ({ size }) => ({ start: Math.max(0, size - 4096), length: 4096 }))
 */
export const filePart = Effect.fn("filePart")(function* (
  path: string,
  place: (file: FileNow) => PartPlace
): Effect.fn.Return<FilePart | undefined, NotOurs> {
  const read = <A>(action: () => Promise<A>) =>
    Effect.tryPromise({
      try: action,
      catch: (cause) => new NotOurs({ path, reason: "unreadable", detail: messageOf(cause) })
    })
  const foreign = (detail: string) => new NotOurs({ path, reason: "foreign", detail })
  return yield* Effect.acquireUseRelease(
    read(() => open(path)),
    Effect.fnUntraced(function* (handle) {
      if (handle === undefined) return undefined
      const entry = yield* read(() => handle.stat())
      if (!entry.isFile()) return yield* foreign("it is not a regular file")
      const owner = otherOwner(entry, process.getuid?.())
      if (owner !== undefined) return yield* foreign(`it belongs to ${owner}`)
      const file = { size: entry.size, inode: entry.ino }
      return yield* read(() => partOf(handle, file, place(file)))
    }),
    (handle) => Effect.promise(async () => handle?.close().catch(() => undefined))
  )
})

/** The last `bytes` bytes of a file. */
export const lastBytes =
  (bytes: number) =>
  ({ size }: FileNow): PartPlace => ({ start: Math.max(0, size - bytes), length: bytes })

/**
 * The last `bytes` bytes of our own regular file, as text; `undefined` if there is no such file. Fails as `filePart` does.
 *
 * @example
 * fileTail("/tmp/dx-runner/opencode/bd-1.log", 16_384)
 */
export const fileTail = (path: string, bytes: number): Effect.Effect<string | undefined, NotOurs> =>
  Effect.map(filePart(path, lastBytes(bytes)), (part) => part && Buffer.from(part.bytes).toString("utf8"))
