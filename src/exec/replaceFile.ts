import { SystemError, type PlatformError } from "@effect/platform/Error"
import * as FileSystem from "./FileSystem.ts"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"

/** The error about the temporary file, told of the file that it stands for. */
const asOf = (file: string, temporary: string, error: PlatformError): PlatformError =>
  error._tag === "BadArgument"
    ? error
    : new SystemError({
        ...error,
        pathOrDescriptor: file,
        ...(error.description === undefined ? {} : { description: error.description.replaceAll(temporary, file) })
      })

/**
 * Creates or replaces a file in one step: every reader sees the old content or the new, also after a power cut. Writes to a
 * temporary file first, which is created exclusively, so that no planted link is followed. Its name is random, because
 * several processes may write at once.
 *
 * @example
 * replaceFile("/state/bd.json", "[]") // mode 0600
 */
export const replaceFile = Effect.fn("replaceFile")(function* (
  file: string,
  content: string | Uint8Array,
  { mode = 0o600 }: { readonly mode?: number } = {}
): Effect.fn.Return<void, PlatformError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const temporary = `${file}.${randomBytes(6).toString("hex")}`
  const written = Effect.gen(function* () {
    const handle = yield* fs.open(temporary, { flag: "wx", mode })
    // `open` takes the umask's bits away.
    yield* fs.chmod(temporary, mode)
    // `writeAll` fails when there is nothing to write.
    if (content.length > 0) yield* handle.writeAll(typeof content === "string" ? Buffer.from(content) : content)
    yield* handle.sync
  })
  yield* Effect.scoped(written).pipe(
    Effect.zipRight(fs.rename(temporary, file)),
    Effect.tapError(() => fs.remove(temporary, { force: true })),
    Effect.mapError((error) => asOf(file, temporary, error))
  )
}, Effect.uninterruptible)
