import { Effect, Layer } from "effect"
import { Room } from "./Room.ts"
import { freeSpace, type FreeSpace } from "../exec/freeSpace.ts"

/** How much free space a run needs, and where. */
export interface HostRoomOptions {
  /** The directories that a run writes to: state, temporary files, worktrees. They need not exist yet. */
  readonly directories: ReadonlyArray<string>
  /** MiB; 0 for no limit. */
  readonly minFreeDisk: number
  /** 0 for no limit. */
  readonly minFreeInodes: number
}

const MIB = 1024 * 1024

/** The shortage of one directory, in words; `undefined` if it has room. */
export const shortage = (
  wanted: string,
  { bytes = Infinity, directory, inodes = Infinity }: FreeSpace,
  { minFreeDisk, minFreeInodes }: Pick<HostRoomOptions, "minFreeDisk" | "minFreeInodes">
): string | undefined => {
  const place = wanted === directory ? wanted : `${wanted} (in ${directory})`
  if (bytes < minFreeDisk * MIB) {
    return `not enough disk space for ${place}: ${Math.floor(bytes / MIB)} MiB are free, limits.minFreeDisk wants ${minFreeDisk}`
  }
  return inodes < minFreeInodes
    ? `not enough inodes for ${place}: ${inodes} are free, limits.minFreeInodes wants ${minFreeInodes}`
    : undefined
}

/** The first shortage. A directory that cannot be measured counts as having room; a warning is logged. */
const lacking = Effect.fn("HostRoom.lacking")(function* (options: HostRoomOptions) {
  if (options.minFreeDisk === 0 && options.minFreeInodes === 0) return undefined
  for (const directory of options.directories) {
    const lack = yield* freeSpace(directory).pipe(
      Effect.map((free) => shortage(directory, free, options)),
      Effect.catchAll((reason) =>
        Effect.as(
          Effect.logWarning(`cannot measure the free space for ${directory}, so it is not checked: ${reason}`),
          undefined
        )
      )
    )
    if (lack !== undefined) return lack
  }
  return undefined
})

/**
 * `Room` on the file systems of this host.
 *
 * @example
 * HostRoom.layer({ directories: ["/tmp"], minFreeDisk: 256, minFreeInodes: 1000 })
 */
export const layer = (options: HostRoomOptions): Layer.Layer<Room> => Layer.succeed(Room, { lacking: lacking(options) })
