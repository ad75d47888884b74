import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Exec } from "../../exec/Exec.ts"
import { KernelLockFailed, withKernelLock } from "../../exec/kernelLock.ts"
import { findJob, lockFile } from "./jobFiles.ts"

/** Runs an effect alone on this host. `operation` names it in the failure. */
export type Alone = <A, E>(
  operation: string,
  effect: Effect.Effect<A, E, FileSystem.FileSystem | Exec>
) => Effect.Effect<A, E | RunnerFailed, FileSystem.FileSystem | Exec>

/**
 * What changes the jobs below `root` runs alone: a semaphore excludes other fibers, a kernel lock other processes.
 *
 * @example
 * const alone = yield* makeAlone("/state/jobs")
 * yield* alone("start", startLocally(places, request, agent))
 */
export const makeAlone = (root: string): Effect.Effect<Alone> =>
  Effect.map(
    Effect.makeSemaphore(1),
    (mutex): Alone =>
      (operation, effect) =>
        lockFile(root).pipe(
          Effect.flatMap((lock) => withKernelLock(lock)(effect)),
          Effect.catchIf(
            (error): error is KernelLockFailed => error instanceof KernelLockFailed,
            ({ message: detail }) => new RunnerFailed({ operation, detail, blame: "host" })
          ),
          mutex.withPermits(1)
        )
  )

/**
 * The newest job of a bug. If it has no supervisor, its start goes on or its dispatcher died: a second read, alone, tells which.
 * `undefined` if there is none.
 */
export const findAlone = Effect.fn("local.find")(function* (root: string, alone: Alone, id: BeadsId) {
  const job = yield* findJob(root, id)
  return job !== undefined && job.supervisor === undefined ? yield* alone(`job ${id}`, findJob(root, id)) : job
})
