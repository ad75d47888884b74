import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, DateTime, Effect, Random } from "effect"
import type { Actor } from "../../domain/Actor.ts"
import { RunnerFailed, type JournalFailed } from "../../domain/Failure.ts"
import { traceVariables } from "../../domain/traceContext.ts"
import { Exec, type ExecNotStarted, type ProcessIdentity } from "../../exec/Exec.ts"
import { jobEnvironment } from "../jobEnvironment.ts"
import type { JobTemps } from "../jobTemp.ts"
import type { AgentCommand } from "./agentCommand.ts"
import { JobRecord, type LocalJob } from "./job.ts"
import { createJob, recordSupervisor, removeJob } from "./jobFiles.ts"
import { endRecorded } from "./stop.ts"
import { supervisorOf } from "./supervisor.ts"

/** Where the records and the temporary files of jobs are, and how large a log may be. */
export interface LocalPlaces {
  readonly root: string
  readonly temps: JobTemps
  /** MiB that the log of one job may have. */
  readonly logSize: number
}

/** What is started: a job's agent, or a check of its work. */
export interface Launched extends Pick<JobRecord, "beads" | "provider" | "repo" | "worktree" | "promptFile"> {
  readonly attempt: Actor
  readonly command: AgentCommand
  readonly onLaunch: (process: ProcessIdentity) => Effect.Effect<void, JournalFailed>
}

const recordOf = Effect.fn("local.recordOf")(function* (launched: Launched) {
  const { attempt, beads, promptFile, provider, repo, worktree } = launched
  const startedAt = yield* Clock.currentTimeMillis
  const stamp = DateTime.formatIso(DateTime.unsafeMake(startedAt)).replace(/[-:]|\.\d+/g, "")
  const random = (yield* Random.nextIntBetween(0, 0x1000000)).toString(16).padStart(6, "0")
  const runInstance = `${stamp}-${random}-${provider}`
  const { command } = launched.command
  return JobRecord.make({ beads, provider, runInstance, repo, worktree, promptFile, attempt, command, startedAt })
})

/** An earlier job of the bug may still work. */
export const mayWork = ({ directory, record }: LocalJob, why: string) =>
  new RunnerFailed({
    operation: "start",
    detail: `the earlier job ${record.runInstance} may still work on ${record.beads}, so nothing is started: ${why}`,
    nextAction: `when no agent works on ${record.beads}, remove ${directory.split("/").at(-3)}/${record.beads} in the state directory`,
    blame: "runner"
  })

/** Two agents must never work on one bug: ends what the earlier job has left in its group and in its worktree. */
export const endEarlier = Effect.fn("local.endEarlier")(function* (job: LocalJob) {
  const { doubtful, roots, working } = yield* endRecorded(job, "leftovers")
  // A job that was given up stays in doubt for ever: its time is over, so it counts as ended.
  const [left] = [...roots, ...working, ...(job.abandoned ? [] : doubtful)]
  if (left !== undefined) return yield* mayWork(job, left)
})

// Uninterruptible: an interruption waits until the launched job is on record. The supervisor waits at its gate meanwhile.
const launchInTemp = Effect.fn("local.launch")(function* ({ logSize, root, temps }: LocalPlaces, launched: Launched) {
  const [exec, fs] = yield* Effect.all([Exec, FileSystem.FileSystem])
  const { attempt, command, onLaunch } = launched
  const record = yield* recordOf(launched)
  const temp = yield* temps.make(attempt)
  const directory = yield* createJob(root, record)
  const gate = (process: ProcessIdentity, cgroup: string | undefined) =>
    Effect.zipRight(
      onLaunch(process),
      Effect.provideService(recordSupervisor(root, record, { ...process, cgroup }), FileSystem.FileSystem, fs)
    )
  const spec = {
    ...supervisorOf(directory, logSize, [command.command, ...command.args]),
    cwd: record.worktree,
    env: { ...command.env, ...(yield* traceVariables), ...jobEnvironment(attempt, temp) },
    scope: `nightly-dispatch-${record.runInstance}`
  }
  const supervisor = yield* exec.launchGated(spec, gate).pipe(
    // Once the job is the bug's newest, its record stays.
    Effect.tapError((error) => (error._tag === "RunnerFailed" ? Effect.void : removeJob(directory)))
  )
  return { record, directory, pid: supervisor.pid }
}, Effect.uninterruptible)

/**
 * Starts a command under a supervisor. Its process is on record before the command can do anything. If the start fails, the attempt's
 * temporary files go.
 *
 * @example
 * const { pid } = yield* launch(places, { ...request, provider: provider.name, command: agent })
 */
export const launch = (
  places: LocalPlaces,
  launched: Launched
): Effect.Effect<
  { readonly record: JobRecord; readonly directory: string; readonly pid: number },
  RunnerFailed | JournalFailed | ExecNotStarted,
  Exec | FileSystem.FileSystem
> => Effect.onError(launchInTemp(places, launched), () => places.temps.end(launched.attempt))
