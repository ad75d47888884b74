import { Context, type Effect } from "effect"
import type { AckTimedOut, PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Ack } from "../domain/Ack.ts"
import type { Job } from "../domain/Job.ts"
import type { PromptFile } from "../domain/PromptFile.ts"
import type { Workspace } from "../domain/Workspace.ts"
import type { PreflightReport, Provider, ProviderName } from "../domain/Provider.ts"

/** What a runner needs to start an agent on a bug. */
export interface JobRequest {
  readonly beads: BeadsId
  readonly provider: Provider
  readonly prompt: PromptFile
  readonly workspace: Workspace
  /** The repository's name, for the runner's own records. */
  readonly repo: string
  /** The run instance the runner knew for this issue before this attempt: a job with another one is new. */
  readonly previousRun: string | undefined
}

/** How many jobs of each provider may run at once; a provider that is not named has no known limit. */
export type Capacity = ReadonlyMap<ProviderName, number>

/**
 * Starts agent jobs and knows how they stand. Its layers: `DxRunnerCli.layer` on the `dx-runner` command,
 * `LocalRunner.layer` on local processes, and `FakeRunner.layer` of the test kit. All pass the same contract suite.
 *
 * @example
 * Effect.flatMap(DxRunner, (runner) => runner.preflight(provider))
 */
export class DxRunner extends Context.Tag("nightly-dispatch/DxRunner")<
  DxRunner,
  {
    /** What stands behind this, in words: `dx-runner (/opt/bin/dx-runner)`, `local processes`. */
    readonly version: Effect.Effect<string, RunnerFailed>
    /** Whether the provider works right now. */
    readonly preflight: (provider: Provider) => Effect.Effect<PreflightReport, PreflightFailed | RunnerFailed>
    /**
     * What this runner would refuse of a prompt, whatever the provider: found before a claim is spent. Nothing when
     * the prompt is fine.
     */
    readonly promptRefusal: (prompt: string) => string | undefined
    /**
     * Starts the job and waits for the acknowledgement only. When none comes in time, whatever was starting has been
     * ended, the runner has been asked, and the answer is an `Ack` (`late`) or `AckTimedOut`.
     */
    readonly start: (request: JobRequest) => Effect.Effect<Ack, PreflightFailed | RunnerFailed | AckTimedOut>
    /** How the job for this issue stands; nothing when the runner knows of none. */
    readonly job: (id: BeadsId) => Effect.Effect<Job | undefined, RunnerFailed>
    /** Every job that may still be working, whoever started it. */
    readonly running: Effect.Effect<ReadonlyArray<Job>, RunnerFailed>
    /** The provider's caps as far as the runner enforces them. */
    readonly capacity: Effect.Effect<Capacity, RunnerFailed>
    /** Ends the job and everything it started. Says whether it is gone. */
    readonly stop: (id: BeadsId) => Effect.Effect<boolean, RunnerFailed>
  }
>() {}
