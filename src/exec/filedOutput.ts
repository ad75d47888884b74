import { Duration, Effect, Schedule, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { codeOf, messageOf } from "./causes.ts"
import { notStarted } from "./children.ts"
import type { ExecNotStarted } from "./Exec.ts"
import type { Output } from "./output.ts"

const CHECK_INTERVAL = Duration.millis(50)
const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants

const textOf = async (file: fs.FileHandle, limit: number): Promise<string> => {
  const { size } = await file.stat()
  const buffer = Buffer.alloc(Math.min(size, limit))
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
  return buffer.toString("utf8", 0, bytesRead)
}

/** O_APPEND: after a truncation, a process that still has the file open goes on at its new end. */
const openFile = (command: string, name: string, limit: number) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => fs.open(name, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o600),
      catch: (cause) => notStarted(command, cause)
    }),
    (file) =>
      Effect.promise(async () => {
        if ((await file.stat()).size > limit) await file.truncate()
        await file.close()
      })
  )

/**
 * Output to two new files in `directory`, for a command that leaves processes behind: their writes never fail. While the scope
 * is open, their size is looked at 20 times a second. They stay, so that later growth is seen; see `limitFiles`. A file that
 * exceeds the limit is emptied when the scope closes. `onExceeded` is called when one holds more than `limit` bytes.
 */
export const filedOutput = Effect.fnUntraced(function* (
  command: string,
  directory: string,
  limit: number,
  onExceeded: () => void
): Effect.fn.Return<Output, ExecNotStarted, Scope.Scope> {
  const name = path.join(directory, randomBytes(4).toString("hex"))
  const stdout = yield* openFile(command, `${name}.out`, limit)
  const stderr = yield* openFile(command, `${name}.err`, limit)
  const files = [stdout, stderr]
  const isLarge = Effect.promise(async () => {
    const sizes = await Promise.all(files.map(async (file) => (await file.stat()).size))
    return sizes.some((size) => size > limit)
  })
  yield* isLarge.pipe(
    Effect.repeat({ until: (large) => large, schedule: Schedule.spaced(CHECK_INTERVAL) }),
    Effect.zipRight(Effect.sync(onExceeded)),
    Effect.forkScoped
  )
  return {
    stdout: stdout.fd,
    stderr: stderr.fd,
    handedOver: Effect.void,
    complete: isLarge,
    text: Effect.promise(async () => ({ stdout: await textOf(stdout, limit), stderr: await textOf(stderr, limit) }))
  }
})

const cutLarge = async (directory: string, limit: number): Promise<void> => {
  const names = await fs.readdir(directory).catch((cause) => (codeOf(cause) === "ENOENT" ? [] : Promise.reject(cause)))
  for (const name of names.filter((name) => /^[0-9a-f]{8}\.(?:out|err)$/.test(name))) {
    const file = path.join(directory, name)
    if ((await fs.lstat(file)).size > limit) await fs.truncate(file)
  }
}

/** Empties each file of `filedOutput` in the directory that is larger than `limit` bytes. */
export const limitFiles = (directory: string, limit: number): Effect.Effect<void> =>
  Effect.tryPromise({ try: () => cutLarge(directory, limit), catch: messageOf }).pipe(
    Effect.catchAll((detail) =>
      Effect.logWarning(`cannot limit the files in ${directory}, so they may grow: ${detail}`)
    )
  )
