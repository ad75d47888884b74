import { Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { Job, type JobPhase } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"
import type { ProcessIdentity } from "../../exec/Exec.ts"

/** Names one run of an agent: its start in UTC, six random hex digits and its provider. One path segment. */
export const RunInstance = Schema.String.pipe(Schema.pattern(/^\d{8}T\d{6}Z-[0-9a-f]{6}-[a-z0-9_-]+$/))

/** What is known of a run before anything of it is started. Written once. */
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

/** A run as its files and the kernel tell it. */
export interface KnownJob {
  readonly record: JobRecord
  readonly directory: string
  /** Its supervisor; absent until the agent may start. */
  readonly process: ProcessIdentity | undefined
  readonly alive: boolean
  readonly stopped: boolean
  /** Absent while it has not ended by itself. `code` is absent when what was written is no exit code. */
  readonly exit: { readonly code: number | undefined; readonly at: number | undefined } | undefined
}

/**
 * The files of a run, each written by one writer, once, and renamed into place:
 * `job.json` the intent · `process.json` the supervisor, and its signal to start the agent · `log` · `exit` the agent's
 * exit code, by the supervisor · `stopped` that we ended it. Beside the runs of an issue, `current` names the newest.
 */
export const RUN_FILES = {
  job: "job.json",
  process: "process.json",
  log: "log",
  exit: "exit",
  stopped: "stopped"
} as const

/** The log file of a run. */
export const logOf = (directory: string): string => `${directory}/${RUN_FILES.log}`

/**
 * Runs an agent and writes down how it ended, because nobody else may be there to see it. The first argument is the
 * run's directory, the others are the agent's command, never parsed again.
 *
 * It waits for `process.json`, so an agent starts only once it is on record: whoever launches this and dies before that
 * leaves no agent behind. The trap is no `trap ''`, which the agent would inherit: it lets the exit code of an agent
 * that was ended by a signal to the group be written.
 */
export const SUPERVISOR = `
dir=$1
shift
tries=0
until [ -e "$dir/${RUN_FILES.process}" ]; do
  tries=$((tries + 1))
  [ "$tries" -le 400 ] || exit 125
  sleep 0.025 2>/dev/null || { sleep 1; tries=$((tries + 39)); }
done
trap : HUP INT TERM
"$@"
code=$?
(umask 077 && echo "$code" >"$dir/${RUN_FILES.exit}.new" && mv -f "$dir/${RUN_FILES.exit}.new" "$dir/${RUN_FILES.exit}")
exit "$code"
`

const phaseOf = (known: KnownJob): { readonly phase: JobPhase; readonly reason?: string } => {
  const code = known.exit?.code
  if (known.exit === undefined && known.alive) return { phase: "running" }
  if (known.stopped) return { phase: "stopped", reason: "stopped by nightly-dispatch" }
  if (known.exit === undefined) {
    return known.process === undefined
      ? { phase: "gone", reason: "it was never started: its dispatcher ended first" }
      : { phase: "gone", reason: "it does not run and left no exit code" }
  }
  if (code === undefined) return { phase: "gone", reason: "its exit code cannot be read" }
  if (code === 0) return { phase: "succeeded" }
  return { phase: "failed", reason: code > 128 ? `exit code ${code} (signal ${code - 128})` : `exit code ${code}` }
}

/** How a run stands. An exit code of 0 is `succeeded`: whether the worktree holds anything new is not known here. */
export const jobOf = (known: KnownJob): Job => {
  const { phase, reason } = phaseOf(known)
  return Job.make({
    beads: known.record.beads,
    provider: known.record.provider,
    phase,
    pid: known.process?.pid,
    runInstance: known.record.runInstance,
    exitCode: known.exit?.code,
    reason,
    log: logOf(known.directory),
    worktree: known.record.worktree,
    promptFile: known.record.promptFile,
    startedAt: known.record.startedAt,
    endedAt: known.exit?.at
  })
}

/** Whether its agent may be at work. */
export const isRunning = (known: KnownJob): boolean => phaseOf(known).phase === "running"
