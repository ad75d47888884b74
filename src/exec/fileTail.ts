import { Effect } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { codeOf, messageOf } from "./causes.ts"
import { NotOurs, otherOwner } from "./ownFiles.ts"

/** A link is not followed, and a pipe without a writer does not block. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const open = (path: string): Promise<fs.FileHandle | undefined> =>
  fs.open(path, FLAGS).catch((cause: unknown) => (codeOf(cause) === "ENOENT" ? undefined : Promise.reject(cause)))

const tailOf = async (handle: fs.FileHandle, size: number, bytes: number): Promise<string> => {
  const length = Math.min(size, bytes)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
  return buffer.toString("utf8", 0, bytesRead)
}

/**
 * The last `bytes` bytes of our own regular file, as text; `undefined` if there is no such file. Fails with `NotOurs` if the
 * path is a symbolic link or another kind of entry, belongs to another user, or cannot be read.
 *
 * @example
 * fileTail("/tmp/dx-runner/opencode/bd-1.log", 16_384)
 */
export const fileTail = Effect.fn("fileTail")(function* (
  path: string,
  bytes: number
): Effect.fn.Return<string | undefined, NotOurs> {
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
      return yield* read(() => tailOf(handle, entry.size, bytes))
    }),
    (handle) => Effect.promise(async () => handle?.close().catch(() => undefined))
  )
})
