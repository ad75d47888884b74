import * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import type { ProviderName } from "../../domain/Provider.ts"
import type { Exec } from "../../exec/Exec.ts"
import { kernelLock } from "../../exec/kernelLock.ts"
import { findJob, lockFile, runningJobs } from "./jobFiles.ts"

/** The state directories of this user on this host. A provider's cap counts the jobs of all of them together. */
export interface Neighbours {
  /** The real paths of the state directories of all dispatchers, also of this one. */
  readonly stateDirs: Effect.Effect<ReadonlyArray<string>, never, Exec | FileSystem.FileSystem>
  /** A directory with the lock that each of them holds while it starts a job. Absolute. */
  readonly lockDir: string
}

/** What a runner knows of its neighbours. */
export interface Shared {
  /** For each job of a neighbour that may run, its provider. */
  readonly providers: Effect.Effect<ReadonlyArray<ProviderName>, never, Exec | FileSystem.FileSystem>
  /** Runs an effect while no dispatcher of this host starts a job. */
  readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | Exec | FileSystem.FileSystem>
}

/** Without the lock a cap may be exceeded, which is better than a host on which nothing starts. */
const withoutLock = ({ message }: { readonly message: string }) =>
  Effect.logWarning(
    `another dispatcher of this host may start a job now as well, over the cap of its provider: ${message}`
  )

/** Takes the lock of the host's dispatchers until the scope closes. */
const takeLock = (directory: string) =>
  lockFile(directory).pipe(Effect.flatMap(kernelLock), Effect.asVoid, Effect.catchAll(withoutLock))

const jobsIn = (stateDir: string) => {
  const root = `${stateDir}/jobs`
  return Effect.catchAll(
    runningJobs(root, (id) => findJob(root, id)),
    ({ message }) =>
      Effect.as(
        Effect.logWarning(`the jobs of ${stateDir} are not counted for the caps of the providers: ${message}`),
        []
      )
  )
}

const realPath = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.realPath(directory), () => directory))

/**
 * The neighbours of the runner of `stateDir`. Without any, the caps are that runner's alone.
 *
 * @example
 * const taken = yield* sharedWith(neighbours, "/state/app").providers // ["opencode"]: one job of another repository
 */
export const sharedWith = (neighbours: Neighbours | undefined, stateDir: string): Shared =>
  neighbours === undefined
    ? { providers: Effect.succeed([]), alone: (effect) => effect }
    : {
        alone: (effect) => Effect.using(takeLock(neighbours.lockDir), () => effect),
        providers: Effect.all([neighbours.stateDirs, realPath(stateDir)]).pipe(
          Effect.map(([all, own]) => all.filter((other) => other !== own)),
          Effect.flatMap((others) => Effect.forEach(others, jobsIn)),
          Effect.map((jobs) => jobs.flat().map(({ record }) => record.provider))
        )
      }
