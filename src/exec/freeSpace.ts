import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"

/** What a file system still holds. */
export interface FreeSpace {
  /** Where it was asked: the directory itself, or the nearest one above it that is there. */
  readonly directory: string
  /** For us, not for root. Absent where the file system knows no limit. */
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
 * What is free where this directory is, or will be made; the text says why that cannot be told.
 *
 * @example
 * freeSpace("/var/lib/not-made-yet") // { directory: "/var/lib", bytes: 5e9, inodes: 1e6 }
 */
export const freeSpace = (directory: string): Effect.Effect<FreeSpace, string> =>
  Effect.tryPromise({
    try: () => measure(path.resolve(directory)),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })
