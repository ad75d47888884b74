import { Effect, type Scope } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { notStarted } from "./children.ts"
import type { ExecNotStarted } from "./Exec.ts"

const SHARED_MEMORY = "/dev/shm"

const openIn = async (parent: string, input: string): Promise<fs.FileHandle> => {
  const directory = await fs.mkdtemp(path.join(parent, "nightly-dispatch-input-"))
  try {
    const file = path.join(directory, "input")
    await fs.writeFile(file, input, { mode: 0o600, flag: "wx" })
    return await fs.open(file, "r")
  } finally {
    await fs.rm(directory, { recursive: true, force: true })
  }
}

/**
 * A file without a name that holds `input`, open for the scope; its descriptor is a command's stdin. Not a pipe: Node makes
 * sockets, which a script cannot open as /dev/stdin, and a command that reads only a part must not break the write. In memory
 * where that is possible, so that a full disk does not stop a message about it.
 */
export const inputFile = (command: string, input: string): Effect.Effect<number, ExecNotStarted, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => openIn(SHARED_MEMORY, input).catch(() => openIn(os.tmpdir(), input)),
      catch: (cause) => notStarted(command, cause)
    }),
    (file) => Effect.promise(() => file.close().catch(() => undefined))
  ).pipe(Effect.map(({ fd }) => fd))
