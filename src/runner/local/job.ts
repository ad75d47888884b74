import { Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { Job } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"
import type { ProcessIdentity } from "../../exec/Exec.ts"

/** Names one job: its start in UTC, six random hex digits and its provider. One path segment. */
export const RunInstance = Schema.String.pipe(Schema.pattern(/^\d{8}T\d{6}Z-[0-9a-f]{6}-[a-z0-9_-]+$/))

/** How the job is started. Written once, before the launch. */
export class JobRecord extends Schema.Class<JobRecord>("JobRecord")({
  beads: BeadsId,
  provider: ProviderName,
  runInstance: RunInstance,
  repo: Schema.String,
  worktree: Schema.String,
  promptFile: Schema.String,
  /** The agent's executable. Its arguments are not kept: they hold the prompt. */
  command: Schema.String,
  /** Milliseconds since the epoch. */
  startedAt: Schema.Number
}) {}

/** A job, read from its files and the kernel. */
export interface LocalJob {
  readonly record: JobRecord
  readonly directory: string
  /** The supervisor. `undefined` until the agent may start. */
  readonly supervisor: ProcessIdentity | undefined
  /** Whether the supervisor runs. */
  readonly alive: boolean
  /** Whether we ended the job. */
  readonly stopped: boolean
  /** `undefined` until the agent has ended by itself. `code` is `undefined` if the file holds no exit code. */
  readonly exit: { readonly code: number | undefined; readonly at: number | undefined } | undefined
}

/**
 * The files of a job, each with one writer. Files that are read back are renamed into place. Beside the jobs of a bug,
 * `current` names the newest.
 */
export const JOB_FILES = {
  /** The `JobRecord`. */
  job: "job.json",
  /** The supervisor. It starts the agent only when this file exists. */
  process: "process.json",
  /** The agent's output. */
  log: "log",
  /** The agent's exit code, written by the supervisor. */
  exit: "exit",
  /** Empty. We ended the job. */
  stopped: "stopped"
} as const

/** The log file of a job. */
export const logOf = (directory: string): string => `${directory}/${JOB_FILES.log}`

const phaseOf = ({ exit, alive, stopped, supervisor }: LocalJob): Pick<Job, "phase" | "reason"> => {
  const gone = (reason: string) => ({ phase: "gone" as const, reason })
  if (exit === undefined && alive) return { phase: "running" }
  if (stopped) return { phase: "stopped", reason: "stopped by nightly-dispatch" }
  if (exit === undefined && supervisor === undefined) return gone("it was never started: its dispatcher ended first")
  if (exit === undefined) return gone("its supervisor ended without an exit code of the agent")
  const { code } = exit
  if (code === undefined) return gone("its exit code cannot be read")
  if (code === 0) return { phase: "succeeded" }
  return { phase: "failed", reason: code > 128 ? `exit code ${code} (signal ${code - 128})` : `exit code ${code}` }
}

/** The job for the service. Exit code 0 is `succeeded`: this runner does not look for changes in the worktree. */
export const toJob = (job: LocalJob): Job => {
  const { beads, provider, runInstance, worktree, promptFile, startedAt } = job.record
  return Job.make({
    beads,
    provider,
    ...phaseOf(job),
    pid: job.supervisor?.pid,
    runInstance,
    exitCode: job.exit?.code,
    log: logOf(job.directory),
    worktree,
    promptFile,
    startedAt,
    endedAt: job.exit?.at
  })
}

/** Whether the agent may be at work. */
export const isRunning = (job: LocalJob): boolean => phaseOf(job).phase === "running"
