import { Effect, Layer } from "effect"
import { Room } from "./Room.ts"
import { freeSpace, type FreeSpace } from "../exec/freeSpace.ts"

/** How much room a run wants, and where. */
export interface HostRoomOptions {
  /** Where a run writes: its state, its temporary files, its worktrees. They need not be there yet. */
  readonly directories: ReadonlyArray<string>
  /** MiB; 0: any is enough. */
  readonly minFreeDisk: number
  readonly minFreeInodes: number
}

const MIB = 1024 * 1024

/** What is lacking at one of these directories; nothing when there is enough, or no limit. */
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

/** The first shortage. A directory that cannot be asked about is told and counts as one with room: using it will show. */
const lacking = Effect.fn("HostRoom.lacking")(function* (options: HostRoomOptions) {
  if (options.minFreeDisk === 0 && options.minFreeInodes === 0) return undefined
  for (const directory of options.directories) {
    const lack = yield* freeSpace(directory).pipe(
      Effect.map((free) => shortage(directory, free, options)),
      Effect.catchAll((reason) =>
        Effect.as(Effect.logWarning(`cannot tell how much room there is for ${directory}: ${reason}`), undefined)
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
