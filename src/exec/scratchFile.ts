import { Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { notStarted } from "./children.ts"
import type { ExecNotStarted } from "./Exec.ts"

const SHARED_MEMORY = "/dev/shm"

/** A file without a name for a child's output. The system removes it when this program ends in any way. */
export interface ScratchFile {
  readonly fd: number
  readonly size: Effect.Effect<number>
  /** Its first `limit` bytes as UTF-8. */
  readonly text: (limit: number) => Effect.Effect<string>
}

const openUnnamed = async (directory: string) => {
  const name = path.join(directory, `nightly-dispatch-output-${randomBytes(8).toString("hex")}`)
  const file = await fs.open(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  await fs.unlink(name)
  return file
}

/**
 * A scratch file for one stream of `command`, mode 0600, unlinked at once. It is in memory if the system has /dev/shm, so
 * that a full disk does not cut off a tool's output; otherwise in the temporary directory.
 */
export const scratchFile = (command: string): Effect.Effect<ScratchFile, ExecNotStarted, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => openUnnamed(SHARED_MEMORY).catch(() => openUnnamed(os.tmpdir())),
      catch: (cause) => notStarted(command, cause)
    }),
    (file) => Effect.promise(() => file.close())
  ).pipe(
    Effect.map((file) => {
      const size = Effect.promise(() => file.stat().then((stat) => stat.size))
      return {
        fd: file.fd,
        size,
        text: (limit) =>
          Effect.flatMap(size, (bytes) =>
            Effect.promise(async () => {
              const buffer = Buffer.alloc(Math.min(bytes, limit))
              const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
              return buffer.toString("utf8", 0, bytesRead)
            })
          )
      }
    })
  )
