import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { codeOf, messageOf } from "./causes.ts"

/** The free space of a file system. */
export interface FreeSpace {
  /** The measured directory: the given one, or the nearest existing one above it. */
  readonly directory: string
  /** For users without privileges; `undefined` if the file system has no limit. */
  readonly bytes: number | undefined
  readonly inodes: number | undefined
}

const measure = async (directory: string): Promise<FreeSpace> => {
  const measured = await fs.statfs(directory).then(
    ({ bavail, blocks, bsize, ffree, files }): FreeSpace => ({
      directory,
      bytes: blocks === 0 ? undefined : bavail * bsize,
      inodes: files === 0 ? undefined : ffree
    }),
    (cause) => (/^ENO(?:ENT|TDIR)$/.test(codeOf(cause)) ? undefined : Promise.reject(cause))
  )
  return measured ?? measure(path.dirname(directory))
}

/**
 * The free space where this directory is or would be created. Fails with the reason as text.
 *
 * @example
 * freeSpace("/var/lib/not-made-yet") // { directory: "/var/lib", bytes: 5e9, inodes: 1e6 }
 */
export const freeSpace = (directory: string): Effect.Effect<FreeSpace, string> =>
  Effect.tryPromise({
    try: () => measure(path.resolve(directory)),
    catch: messageOf
  })
