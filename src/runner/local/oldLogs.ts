import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option } from "effect"
import * as node from "node:fs/promises"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { oneLine } from "../../domain/Text.ts"
import type { JobLog } from "../DxRunner.ts"
import { isNotFound, textOf } from "./files.ts"
import { toJob } from "./job.ts"
import { bugsWithJobs, currentOf, findJob } from "./jobFiles.ts"

const failed = (operation: string) => (cause: { readonly message: string }) =>
  new RunnerFailed({ operation, detail: `job records: ${oneLine(cause.message)}`, blame: "host" })

/** The size of a job's directory, and when one of its files was last written; `undefined` if it is no directory. */
const sizeOf = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const at = yield* fs.stat(directory)
  if (at.type !== "Directory") return undefined
  const names = yield* fs.readDirectory(directory, { recursive: true })
  // A file may go meanwhile, and a link may lead nowhere.
  const files = yield* Effect.forEach(names, (name) => Effect.option(fs.stat(`${directory}/${name}`)))
  const found = files.flatMap(Option.toArray)
  const written = (found.length === 0 ? [at] : found).flatMap(({ mtime }) => Option.toArray(mtime))
  return {
    bytes: found.reduce((sum, { size }) => sum + Number(size), 0),
    written: Math.max(...written.map((time) => time.getTime()))
  }
})

/**
 * The run instance of the bug's newest job if that may work; `undefined` if no job of the bug works. A bug has no older job
 * that works: a start ends it first.
 */
const liveJob = Effect.fnUntraced(function* (root: string, id: BeadsId) {
  const job = yield* findJob(root, id)
  return job !== undefined && isLive(toJob(job)) ? job.record.runInstance : undefined
})

const oldLogsOf = Effect.fnUntraced(function* (root: string, id: BeadsId, before: number) {
  const fs = yield* FileSystem.FileSystem
  const live = yield* liveJob(root, id)
  const names = yield* Effect.mapError(fs.readDirectory(`${root}/${id}`), failed(`logs ${id}`))
  const logs = yield* Effect.forEach(
    names.filter((name) => name !== "current" && name !== live),
    Effect.fnUntraced(function* (runInstance) {
      const size = yield* Effect.mapError(sizeOf(`${root}/${id}/${runInstance}`), failed(`logs ${id}`))
      return size === undefined || size.written >= before ? [] : [{ beads: id, runInstance, bytes: size.bytes }]
    })
  )
  return logs.flat()
})

/** `DxRunner.oldLogs`. The files of a bug whose record cannot be read stay. */
export const findOldLogs = Effect.fn("LocalRunner.oldLogs")(function* (root: string, before: number) {
  const logs = yield* Effect.forEach(yield* bugsWithJobs(root), (id) =>
    Effect.catchIf(
      oldLogsOf(root, id, before),
      (error) => error.blame === "runner",
      (error) => Effect.as(Effect.logWarning(`the logs of ${id} stay: ${error.message}`), [])
    )
  )
  return logs.flat() satisfies ReadonlyArray<JobLog>
})

/** `DxRunner.removeLog`. The caller holds the lock. */
export const removeJobLog = Effect.fn("LocalRunner.removeLog")(
  function* (root: string, { beads, runInstance }: JobLog) {
    const fs = yield* FileSystem.FileSystem
    if ((yield* liveJob(root, beads)) === runInstance) return
    // First: a reader fails for a newest job whose files are gone.
    if ((yield* textOf(currentOf(root, beads))) === runInstance) yield* fs.remove(currentOf(root, beads))
    yield* Effect.catchIf(
      fs.remove(`${root}/${beads}/${runInstance}`, { recursive: true }),
      isNotFound,
      () => Effect.void
    )
    // Fails while it holds the files of another job.
    yield* Effect.ignore(Effect.tryPromise(() => node.rmdir(`${root}/${beads}`)))
  },
  (effect, _root, { beads }) =>
    Effect.mapError(effect, (error) => (error._tag === "RunnerFailed" ? error : failed(`logs ${beads}`)(error)))
)
