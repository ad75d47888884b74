import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, Duration, Effect, Option, Schema, type Scope } from "effect"
import { Actor } from "../domain/Actor.ts"
import { digest } from "../domain/digest.ts"
import { RunnerFailed } from "../domain/Failure.ts"
import { Exec } from "../exec/Exec.ts"
import { limitFiles } from "../exec/filedOutput.ts"
import { ownDirectoryAt } from "../exec/ownFiles.ts"
import type { JobTrace } from "./DxRunner.ts"
import { DEFAULT_MAX_OUTPUT } from "../exec/output.ts"

/** The directory of one job's temporary files. */
export interface JobTemp {
  /** Also gets the output of the command that starts the job. */
  readonly directory: string
  /** The job's `TMPDIR`. */
  readonly tmp: string
}

const JOB = /^nightly-dispatch-job-[0-9a-f]{12}$/
const CALL = /^nightly-dispatch-call-/
/** In a job's directory, both with the attempt: whose it is, and that the attempt has ended. */
const OWNER = "attempt"
const ENDED = "ended"
/** A run may never note the end of a job: the state directory was lost, or a run gave the job up. */
const JOB_ABANDONED = Duration.days(7)
/** No call takes this long: our program was killed during it. */
const CALL_ABANDONED = Duration.days(1)

const decodeActor = Schema.decodeOption(Actor)

/**
 * Temporary directories of jobs and of single calls, below `tempDir`: agents leave megabytes there, and put sockets there, whose
 * paths may have about 100 characters. A job's directory is found by its attempt alone, so any later run can remove it.
 *
 * @example
 * const temp = yield* makeJobTemp("/tmp")
 * const { tmp } = yield* temp.make(attempt) // "/tmp/nightly-dispatch-job-9bfdf4d9c5a9/tmp"
 * yield* temp.end(attempt)
 */
export const makeJobTemp = Effect.fnUntraced(function* (tempDir: string) {
  const [exec, fs] = yield* Effect.all([Exec, FileSystem.FileSystem])
  const directoryOf = (attempt: string) => `${tempDir}/nightly-dispatch-job-${digest(attempt).slice(0, 12)}`
  const failed = (cause: { readonly message: string }) =>
    new RunnerFailed({ operation: "start", detail: `temporary directory: ${cause.message}`, blame: "host" })

  const remove = (directory: string) =>
    Effect.catchAll(fs.remove(directory, { recursive: true, force: true }), ({ message }) =>
      Effect.logWarning(
        `cannot remove the temporary files in ${directory}; the next job's start tries again: ${message}`
      )
    )

  /** Removes the directory if no process carries the attempt any more. */
  const removeIdle = Effect.fnUntraced(function* (directory: string, attempt: string) {
    const found = yield* Effect.option(exec.jobProcesses({ attempt, worktree: undefined }))
    const isIdle = Option.exists(found, (processes) => Object.values(processes).every((each) => each.length === 0))
    if (isIdle) yield* remove(directory)
  })

  const attemptIn = (directory: string, name: string) =>
    Effect.map(Effect.option(fs.readFileString(`${directory}/${name}`)), Option.flatMap(decodeActor))

  /** Removes what earlier jobs and calls have left: a process of theirs lived on, or our program was killed. */
  const sweep = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const name of yield* Effect.orElseSucceed(fs.readDirectory(tempDir), () => [])) {
      const directory = `${tempDir}/${name}`
      if (!JOB.test(name) && !CALL.test(name)) continue
      const entry = yield* Effect.option(ownDirectoryAt(directory))
      if (Option.isNone(entry) || entry.value === undefined) continue
      const age = now - entry.value.mtimeMs
      const isOlderThan = (time: Duration.Duration) => age > Duration.toMillis(time)
      if (CALL.test(name) && isOlderThan(CALL_ABANDONED)) yield* remove(directory)
      const ended = yield* attemptIn(directory, ENDED)
      const over = Option.isNone(ended) && isOlderThan(JOB_ABANDONED) ? yield* attemptIn(directory, OWNER) : ended
      if (Option.isSome(over)) yield* removeIdle(directory, over.value)
    }
  })

  /** Makes the directory of the attempt. A second try of the same attempt gets the same one. */
  const make = Effect.fn("jobTemp.make")(function* (attempt: Actor): Effect.fn.Return<JobTemp, RunnerFailed> {
    yield* sweep
    const directory = directoryOf(attempt)
    const tmp = `${directory}/tmp`
    for (const each of [directory, tmp]) {
      yield* Effect.mapError(fs.makeDirectory(each, { recursive: true, mode: 0o700 }), failed)
      yield* Effect.mapError(ownDirectoryAt(each), failed)
    }
    yield* Effect.mapError(fs.writeFileString(`${directory}/${OWNER}`, attempt, { mode: 0o600 }), failed)
    return { directory, tmp }
  })

  /** The attempt's job has ended, or its start failed: removes its directory, now or at a later start once no process carries it. */
  const end = Effect.fn("jobTemp.end")(function* (attempt: Actor) {
    const directory = directoryOf(attempt)
    const exists = yield* Effect.option(ownDirectoryAt(directory))
    if (Option.isNone(exists) || exists.value === undefined) return
    yield* Effect.ignoreLogged(fs.writeFileString(`${directory}/${ENDED}`, attempt, { mode: 0o600 }))
    yield* removeIdle(directory, attempt)
  })

  /** Empties the output of the starting command if what it left behind has made that large. */
  const limit = (attempt: Actor) => limitFiles(directoryOf(attempt), DEFAULT_MAX_OUTPUT)

  /** A directory for the scope: the `TMPDIR` of one call. */
  const forCall: Effect.Effect<string, RunnerFailed, Scope.Scope> = Effect.acquireRelease(
    Effect.mapError(fs.makeTempDirectory({ directory: tempDir, prefix: "nightly-dispatch-call-" }), failed),
    remove
  )

  return { make, end, limit, forCall }
})

export type JobTemps = Effect.Effect.Success<ReturnType<typeof makeJobTemp>>

/** What follows from a stop: once the job has ended, its temporary files go. */
export const endOfStopped =
  ({ end }: JobTemps, trace: JobTrace | undefined) =>
  (isDone: boolean): Effect.Effect<void> =>
    isDone && trace !== undefined ? end(trace.attempt) : Effect.void
