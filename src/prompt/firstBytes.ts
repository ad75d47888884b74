import type { PlatformError } from "@effect/platform/Error"
import { Effect, Stream } from "effect"
import * as FileSystem from "../exec/FileSystem.ts"

/** The first bytes of a file, at most so many. */
export const firstBytes = (
  file: string,
  most: number
): Effect.Effect<Uint8Array, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    files
      .stream(file, { bytesToRead: most })
      .pipe(Stream.runFold(new Uint8Array(), (all, chunk) => Buffer.concat([all, chunk])))
  )
