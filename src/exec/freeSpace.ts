import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"

/** The free space of a file system. */
export interface FreeSpace {
  /** The directory that was measured: the one asked for, or the nearest existing one above it. */
  readonly directory: string
  /** Free for ordinary users. `undefined` if the file system has no limit. */
  readonly bytes: number | undefined
  readonly inodes: number | undefined
}

const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "")

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
 * The free space where this directory is or would be made. Fails with the reason, as text.
 *
 * @example
 * freeSpace("/var/lib/not-made-yet") // { directory: "/var/lib", bytes: 5e9, inodes: 1e6 }
 */
export const freeSpace = (directory: string): Effect.Effect<FreeSpace, string> =>
  Effect.tryPromise({
    try: () => measure(path.resolve(directory)),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })
