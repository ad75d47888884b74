import { Context, type Effect } from "effect"
import type { Ack } from "../domain/Ack.ts"
import type { AckTimedOut, PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Job } from "../domain/Job.ts"
import type { PromptFile } from "../domain/PromptFile.ts"
import type { PreflightReport, Provider, ProviderName } from "../domain/Provider.ts"
import type { Workspace } from "../domain/Workspace.ts"

/** The start of an agent on a bug. */
export interface JobRequest {
  readonly beads: BeadsId
  readonly provider: Provider
  readonly prompt: PromptFile
  readonly workspace: Workspace
  /** The repository's name, for the runner's own records. */
  readonly repo: string
  /** The bug's run instance before this attempt: a job with another one is new. `undefined` if none is known. */
  readonly previousRun: string | undefined
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
    readonly start: (request: JobRequest) => Effect.Effect<Ack, PreflightFailed | RunnerFailed | AckTimedOut>
    /** The bug's latest job. `undefined` if the runner knows no job of the bug. */
    readonly job: (id: BeadsId) => Effect.Effect<Job | undefined, RunnerFailed>
    /** Every job that may still be working, also those that other dispatchers or people started. */
    readonly running: Effect.Effect<ReadonlyArray<Job>, RunnerFailed>
    /** The caps that the runner enforces itself. */
    readonly capacity: Effect.Effect<Capacity, RunnerFailed>
    /** Ends the job and everything it started. `true` if all of it has ended, or if there was no job. */
    readonly stop: (id: BeadsId) => Effect.Effect<boolean, RunnerFailed>
  }
>() {}
