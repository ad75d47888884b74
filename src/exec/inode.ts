import { Effect } from "effect"
import * as fs from "node:fs/promises"
import { codeOf, messageOf } from "./causes.ts"
import { NotOurs } from "./ownFiles.ts"

/**
 * Names what is at the path now: device and inode. `undefined` if there is nothing. As long as a file is open, no other file
 * gets its inode, so an open file whose path has another one was replaced.
 *
 * @example
 * const before = yield* inodeAt("/state/lock.db") // "64769:131"
 */
export const inodeAt = (path: string): Effect.Effect<string | undefined, NotOurs> =>
  Effect.tryPromise({
    try: () =>
      fs.stat(path, { bigint: true }).then(
        ({ dev, ino }) => `${dev}:${ino}`,
        (cause: unknown) => (codeOf(cause) === "ENOENT" ? undefined : Promise.reject(cause))
      ),
    catch: (cause) => new NotOurs({ path, reason: "unreadable", detail: messageOf(cause) })
  })
