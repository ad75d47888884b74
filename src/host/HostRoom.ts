import { Effect, Layer } from "effect"
import { Room } from "./Room.ts"
import { bytesInWords } from "../domain/Size.ts"
import { freeSpace, type FreeSpace } from "../exec/freeSpace.ts"
import { trialDirectory } from "../exec/trialDirectory.ts"
import * as fs from "node:fs/promises"

/** How much free space a run needs, and where. */
export interface HostRoomOptions {
  /** The directories that a run writes to, and makes if they are not there: state, worktrees. */
  readonly directories: ReadonlyArray<string>
  /** The directory of temporary files, which is there. */
  readonly tempDir: string
  /** MiB; 0 for no limit. */
  readonly minFreeDisk: number
  /** 0 for no limit. */
  readonly minFreeInodes: number
}

const MIB = 1024 * 1024

/**
 * The shortage of one directory, in words; `undefined` if it has room.
 *
 * @example
 * HostRoom.shortage("/state", { directory: "/state", bytes: 0, inodes: 9000 }, { minFreeDisk: 512, minFreeInodes: 0 })
 * // "not enough disk space for /state: …"
 */
export const shortage = (
  wanted: string,
  { bytes = Infinity, directory, inodes = Infinity }: FreeSpace,
  { minFreeDisk, minFreeInodes }: Pick<HostRoomOptions, "minFreeDisk" | "minFreeInodes">
): string | undefined => {
  const place = wanted === directory ? wanted : `${wanted} (in ${directory})`
  if (bytes < minFreeDisk * MIB) {
    return `not enough disk space for ${place}: ${bytesInWords(Math.floor(bytes / MIB) * MIB)} are free, limits.minFreeDisk wants ${bytesInWords(minFreeDisk * MIB)}`
  }
  return inodes < minFreeInodes
    ? `not enough inodes for ${place}: ${inodes} are free, limits.minFreeInodes wants ${minFreeInodes}`
    : undefined
}

/** Why nothing can be written to a directory, in words; `undefined` if something can. */
const unwritable = (directory: string) =>
  trialDirectory(directory).pipe(
    Effect.as(undefined),
    Effect.catchAll((reason) => Effect.succeed(`nothing can be written to ${directory}: ${reason}`))
  )

/** The shortage of one directory. One that cannot be measured counts as having room; a warning is logged. */
const tooSmall = (directory: string, options: HostRoomOptions) =>
  freeSpace(directory).pipe(
    Effect.map((free) => shortage(directory, free, options)),
    Effect.catchAll((reason) =>
      Effect.as(
        Effect.logWarning(`cannot measure the free space for ${directory}, so it is not checked: ${reason}`),
        undefined
      )
    )
  )

/**
 * Why there is no directory for temporary files; `undefined` if there is one.
 *
 * @example
 * HostRoom.lacksTempDirectory("/tmp") // undefined
 */
export const lacksTempDirectory = (tempDir: string): Effect.Effect<string | undefined> =>
  Effect.promise(() =>
    fs.access(tempDir).then(
      () => undefined,
      () => `there is no directory ${tempDir} for temporary files. Make it, or set TMPDIR to another`
    )
  )

/** The first shortage. */
const lacking = Effect.fn("HostRoom.lacking")(function* (options: HostRoomOptions) {
  const { directories, minFreeDisk, minFreeInodes, tempDir } = options
  const noTemp = yield* lacksTempDirectory(tempDir)
  if (noTemp !== undefined) return noTemp
  const isMeasured = minFreeDisk > 0 || minFreeInodes > 0
  for (const directory of new Set([...directories, tempDir])) {
    const why = (isMeasured ? yield* tooSmall(directory, options) : undefined) ?? (yield* unwritable(directory))
    if (why !== undefined) return why
  }
  return undefined
})

/**
 * `Room` on the file systems of this host.
 *
 * @example
 * HostRoom.layer({ directories: ["/state"], tempDir: "/tmp", minFreeDisk: 256, minFreeInodes: 1000 })
 */
export const layer = (options: HostRoomOptions): Layer.Layer<Room> => Layer.succeed(Room, { lacking: lacking(options) })
