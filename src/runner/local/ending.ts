import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, type Context } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Exec } from "../../exec/Exec.ts"
import type { JobLog, JobTrace } from "../DxRunner.ts"
import { endOfStopped, type JobTemps } from "../jobTemp.ts"
import type { Alone } from "./alone.ts"
import type { LocalJob } from "./job.ts"
import { findJob } from "./jobFiles.ts"
import { findOldLogs, removeJobLog } from "./oldLogs.ts"
import { abandonLocally, endLeftoversLocally, stopLocally } from "./stop.ts"

/** What `ending` works on. */
export interface Started {
  /** The directory of the records and logs. */
  readonly root: string
  readonly temps: JobTemps
  readonly alone: Alone
  /** What the records are of, in front of a bug's id, for the names of operations: `the check of `. */
  readonly of: string
  /** Whether what is done for an attempt concerns the bug's newest record. */
  readonly concerns: (job: LocalJob, trace: JobTrace) => boolean
  readonly tools: Context.Context<FileSystem.FileSystem | Exec>
}

/**
 * How what was started ends, and how its log goes: the same for jobs and for checks of their work.
 *
 * @example
 * DxRunner.of({ start, job, ...ending({ root, temps, alone, of: "", concerns: () => true, tools }) })
 */
export const ending = ({ alone, concerns, of, root, temps, tools }: Started) => {
  /** Runs an operation on the bug's record, alone. */
  const onRecord = <A, E>(
    operation: string,
    id: BeadsId,
    trace: JobTrace | undefined,
    use: (job: LocalJob | undefined) => Effect.Effect<A, E, FileSystem.FileSystem | Exec>
  ) => {
    const isMeant = (job: LocalJob | undefined) => job !== undefined && (trace === undefined || concerns(job, trace))
    const found = Effect.map(findJob(root, id), (job) => (isMeant(job) ? job : undefined))
    return Effect.provide(alone(`${operation} ${of}${id}`, Effect.flatMap(found, use)), tools)
  }
  return {
    stop: (id: BeadsId, trace?: JobTrace) =>
      Effect.tap(
        onRecord("stop", id, trace, (job) => stopLocally(id, job, trace)),
        endOfStopped(temps, trace)
      ),
    endLeftovers: (id: BeadsId, trace: JobTrace) =>
      Effect.zipLeft(
        onRecord("leftovers of", id, trace, (job) => endLeftoversLocally(id, job, trace)),
        temps.end(trace.attempt)
      ),
    abandon: (id: BeadsId, trace: JobTrace) => onRecord("abandon", id, trace, (job) => abandonLocally(job, trace)),
    oldLogs: (before: number) => Effect.provide(findOldLogs(root, before), tools),
    removeLog: (log: JobLog) =>
      Effect.provide(alone(`remove the log of ${of}${log.beads}`, removeJobLog(root, log)), tools)
  }
}
