import { Context, type Effect } from "effect"
import type { Ack } from "../domain/Ack.ts"
import type { Actor } from "../domain/Actor.ts"
import type { AckTimedOut, JournalFailed, PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Job } from "../domain/Job.ts"
import type { ProcessIdentity } from "../domain/ProcessIdentity.ts"
import type { PromptFile } from "../domain/PromptFile.ts"
import type { PreflightReport, Provider, ProviderName } from "../domain/Provider.ts"
import type { Workspace } from "../domain/Workspace.ts"

/** The start of an agent on a bug. */
export interface JobRequest {
  readonly beads: BeadsId
  /** Every process of the job has it in the variable `NIGHTLY_DISPATCH_ATTEMPT`. */
  readonly attempt: Actor
  readonly provider: Provider
  readonly prompt: PromptFile
  readonly workspace: Workspace
  /** The repository's name, for the runner's own records. */
  readonly repo: string
  /** The bug's run instance before this attempt: a job with another one is new. `undefined` if none is known. */
  readonly previousRun: string | undefined
  /**
   * Called with the process that is about to start the agent. It waits until this succeeds, and ends without a start if this
   * fails or if our program ends: so the process is on record before it can do anything.
   */
  readonly onLaunch: (starter: ProcessIdentity) => Effect.Effect<void, JournalFailed>
}

/** What a bug's job is recognised by, besides the runner's own records. */
export interface JobTrace {
  readonly attempt: Actor
  /** The process that `onLaunch` got. */
  readonly starter?: ProcessIdentity | undefined
  /** The absolute path of the job's worktree. */
  readonly worktree?: string | undefined
  /** The path of the job's log, as the acknowledgement named it. */
  readonly log?: string | undefined
}

/** The log and the records of a job that has ended. */
export interface JobLog {
  readonly beads: BeadsId
  readonly runInstance: string
  readonly bytes: number
}

/** What a runner brings to its jobs itself: see `DxRunner`. */
export interface Ships {
  readonly prompt: boolean
  readonly workspace: boolean
}

/** How many jobs of each provider may run at once. A provider without an entry has no known limit. */
export type Capacity = ReadonlyMap<ProviderName, number>

/**
 * Starts agent jobs and reports their state. Its layers: `DxRunnerCli.layer` on the `dx-runner` command,
 * `LocalRunner.layer` on local processes, and `FakeRunner.layer` of the test kit. All pass the same contract suite.
 *
 * Every method but `promptRefusal` may fail with `RunnerFailed`: the runner is missing, refused, crashed, or its answer
 * cannot be read. `blame` names the cause.
 *
 * @example
 * Effect.flatMap(DxRunner, (runner) => runner.preflight(provider))
 */
export class DxRunner extends Context.Tag("nightly-dispatch/DxRunner")<
  DxRunner,
  {
    /** Names the runner for a person: `dx-runner (/opt/bin/dx-runner)`, `local processes`. */
    readonly version: Effect.Effect<string, RunnerFailed>
    /** Checks that the provider works right now. Fails with `PreflightFailed` if it does not. May be a paid model call. */
    readonly preflight: (provider: Provider) => Effect.Effect<PreflightReport, PreflightFailed | RunnerFailed>
    /** Why the runner would refuse this prompt from every provider. `undefined` if it would not. Ask before the claim. */
    readonly promptRefusal: (prompt: string) => string | undefined
    /**
     * Starts the job and waits for its acknowledgement, at most `startTimeout`. After that time, ends the start and asks
     * the runner for the job: returns an `Ack` with `how: "late"` if there is one, else fails with `AckTimedOut`, whose
     * `job` is `absent` (no such job) or `uncertain` (it may run). Fails with `PreflightFailed` if the provider does not
     * work, with `RunnerFailed` if no job was started; `capacity` is true if the provider has no free slot. If the bug's
     * job runs already, starts no second agent: returns an `Ack` with `how: "adopted"`, or fails with `RunnerFailed`.
     */
    readonly start: (
      request: JobRequest
    ) => Effect.Effect<Ack, PreflightFailed | RunnerFailed | AckTimedOut | JournalFailed>
    /**
     * The bug's latest job. `undefined` if the runner knows no job of the bug. With a trace it is `starting` while the starter
     * runs, and `running` while a process that carries the attempt works in the worktree, whatever the runner's records say.
     * A job that has ended has what the end of its log tells: `words`, `reason` and `fault`.
     */
    readonly job: (id: BeadsId, trace?: JobTrace) => Effect.Effect<Job | undefined, RunnerFailed>
    /** Every job that may still be working, also those that other dispatchers or people started. */
    readonly running: Effect.Effect<ReadonlyArray<Job>, RunnerFailed>
    /**
     * Whether the tool of a provider without a command of its own says what it uses, by the provider's name. One that is missing,
     * or a runner without this: not known.
     */
    readonly reportsUsage?: ReadonlyMap<string, boolean> | undefined
    /**
     * What the runner brings to its jobs itself; absent: nothing. `prompt`: it has read the prompt file when it acknowledges the
     * job, so the file goes then. `workspace`: its jobs work in a copy of the repository of their own, so no worktree is made and
     * none is compared. Such a job has succeeded only if it ended well with a `result`.
     */
    readonly ships?: Ships | undefined
    /** The caps that the runner enforces itself. */
    readonly capacity: Effect.Effect<Capacity, RunnerFailed>
    /**
     * Ends the job with its group, its descendants and, with a trace, its starter and every process that carries the attempt.
     * `true` if none of them works in the worktree any more, or if there was no job. Then the temporary files of the traced job
     * go, too.
     */
    readonly stop: (id: BeadsId, trace?: JobTrace) => Effect.Effect<boolean, RunnerFailed>
    /**
     * Ends what a job that has ended left behind: processes of its group, and processes that carry the attempt and work in the
     * worktree. Returns the others that carry the attempt, each in words: an agent may have started a shared daemon, which is
     * left alone. The job's temporary files go as soon as none of its processes lives on.
     */
    readonly endLeftovers: (id: BeadsId, trace: JobTrace) => Effect.Effect<ReadonlyArray<string>, RunnerFailed>
    /**
     * Counts a job of phase `unknown` as over from now on, because its time is over. Ends nothing. Does nothing if it is known
     * whether the job runs, or if the bug has a newer job.
     */
    readonly abandon: (id: BeadsId, trace: JobTrace) => Effect.Effect<void, RunnerFailed>
    /**
     * The logs of ended jobs that were last written before this time (milliseconds since the epoch), as far as they are ours:
     * dx-runner has none, because it keeps its own.
     */
    readonly oldLogs: (before: number) => Effect.Effect<ReadonlyArray<JobLog>, RunnerFailed>
    /** Removes the log and the records of this ended job. Leaves a job alone that may work. */
    readonly removeLog: (log: JobLog) => Effect.Effect<void, RunnerFailed>
  }
>() {}
