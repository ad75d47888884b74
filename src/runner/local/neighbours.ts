import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import type { ProviderName } from "../../domain/Provider.ts"
import type { Exec } from "../../exec/Exec.ts"
import { makeAlone, type Alone } from "./alone.ts"
import { findJob, runningJobs } from "./jobFiles.ts"

/** The other dispatchers of this user on this host: the caps of the providers hold for all of them together. */
export interface Neighbours {
  /** The state directories of all dispatchers, also of this one. Absolute. */
  readonly stateDirs: Effect.Effect<ReadonlyArray<string>, never, Exec | FileSystem.FileSystem>
  /** A directory with the lock that each of them holds while it starts a job. Absolute. */
  readonly lockDir: string
}

/** What a runner knows of its neighbours. */
export interface Shared {
  /** For each job of a neighbour that may run, its provider. */
  readonly providers: Effect.Effect<ReadonlyArray<ProviderName>, never, Exec | FileSystem.FileSystem>
  /** Runs an effect while no dispatcher of this host starts a job. */
  readonly alone: Alone
}

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

/**
 * The neighbours of the runner of `stateDir`. Without any, the caps are that runner's alone.
 *
 * @example
 * const { providers } = yield* sharedWith(neighbours, "/state/app") // ["opencode"]: one job of another repository
 */
export const sharedWith = (neighbours: Neighbours | undefined, stateDir: string): Effect.Effect<Shared> =>
  neighbours === undefined
    ? Effect.succeed({ providers: Effect.succeed([]), alone: (_, effect) => effect })
    : Effect.map(makeAlone(neighbours.lockDir), (alone) => ({
        alone,
        providers: neighbours.stateDirs.pipe(
          Effect.map((all) => all.filter((other) => other !== stateDir)),
          Effect.flatMap((others) => Effect.forEach(others, jobsIn)),
          Effect.map((jobs) => jobs.flat().map(({ record }) => record.provider))
        )
      }))
