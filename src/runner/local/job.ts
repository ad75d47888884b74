import { Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { Job } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"
import type { Liveness } from "../../domain/ProcessIdentity.ts"
import { ProcessIdentity, type JobTraits } from "../../exec/Exec.ts"
import { Actor } from "../../domain/Actor.ts"

/** Names one job: its start in UTC, six random hex digits and its provider. One path segment. */
export const RunInstance = Schema.String.pipe(Schema.pattern(/^\d{8}T\d{6}Z-[0-9a-f]{6}-[a-z0-9_-]+$/))

/** How the job is started. Written once, before the launch. */
export class JobRecord extends Schema.Class<JobRecord>("JobRecord")({
  beads: BeadsId,
  provider: ProviderName,
  runInstance: RunInstance,
  repo: Schema.String,
  worktree: Schema.String,
  /** `undefined` for a check of the work. */
  promptFile: Schema.optional(Schema.String),
  /** The attempt in the environment of its processes; `undefined` in the records of earlier versions. */
  attempt: Schema.optional(Actor),
  /** The executable. Its arguments are not kept: they hold the prompt. */
  command: Schema.String,
  /** Milliseconds since the epoch. */
  startedAt: Schema.Number
}) {}

/** The process that runs the agent and records its exit code. */
export const Supervisor = Schema.Struct({
  ...ProcessIdentity.fields,
  /** The control group of the job, if it has one of its own. */
  cgroup: Schema.optional(Schema.String)
})
export type Supervisor = typeof Supervisor.Type

/** A job, read from its files and the kernel. */
export interface LocalJob {
  readonly record: JobRecord
  readonly directory: string
  /** The supervisor. `undefined` until the agent may start. */
  readonly supervisor: Supervisor | undefined
  /** Whether the supervisor runs. */
  readonly liveness: Liveness
  /** Whether the supervisor has begun to start the agent. */
  readonly begun: boolean
  /** Without an exit code and without a living supervisor: whether a process of the job works in the worktree. */
  readonly working: boolean
  /** The same: why that cannot be known. */
  readonly doubt: string | undefined
  /** Whether we ended the job. */
  readonly stopped: boolean
  /** Whether settling gave the job up: its time was over, and it could not be told whether it runs. */
  readonly abandoned: boolean
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
  /** The supervisor. It starts the agent only after this file has been written. */
  process: "process.json",
  /** Empty. The supervisor is about to start the agent. */
  begun: "begun",
  /** The agent's output, up to the limit. */
  log: "log",
  /** The agent's exit code, written by the supervisor. */
  exit: "exit",
  /** Empty. We ended the job. */
  stopped: "stopped",
  /** Empty. Settling gave the job up. */
  abandoned: "abandoned"
} as const

/** The log file of a job. */
export const logOf = (directory: string): string => `${directory}/${JOB_FILES.log}`

const UNSEEN = "its supervisor cannot be seen from here: another host or container, or the process table cannot be read"

/** The phase of a job without an exit code. `undefined` if it does not work any more. */
const livePhase = ({ abandoned, doubt, liveness, working }: LocalJob): Pick<Job, "phase" | "reason"> | undefined => {
  if (liveness === "alive") return { phase: "running" }
  if (working) return { phase: "running", reason: "its supervisor has ended, but its agent works in the worktree" }
  if (abandoned) return { phase: "gone", reason: "given up: it cannot be told whether it runs, and its time is over" }
  if (liveness === "unknown") return { phase: "unknown", reason: UNSEEN }
  return doubt === undefined ? undefined : { phase: "unknown", reason: doubt }
}

const phaseOf = (job: LocalJob): Pick<Job, "phase" | "reason"> => {
  const { begun, exit, record, stopped, supervisor } = job
  const gone = (reason: string) => ({ phase: "gone" as const, reason })
  const live = exit === undefined ? livePhase(job) : undefined
  if (live !== undefined) return live
  if (stopped) return { phase: "stopped", reason: "stopped by nightly-dispatch" }
  const neverBegan = supervisor === undefined || (record.attempt !== undefined && !begun)
  if (exit === undefined && neverBegan) return gone("it was never started: its dispatcher ended first")
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

/** What the job's processes are recognised by. An exit code says more than a supervisor that cannot be seen from here. */
export const traitsOf = ({ exit, liveness, record, supervisor }: Omit<LocalJob, "working" | "doubt">): JobTraits => {
  const known = supervisor !== undefined && (exit === undefined || liveness !== "unknown")
  return {
    attempt: record.attempt,
    launcher: known ? ProcessIdentity.make(supervisor) : undefined,
    worktree: record.worktree,
    cgroup: supervisor?.cgroup
  }
}
