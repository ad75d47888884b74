import { Context, type Effect } from "effect"
import type { Actor } from "../domain/Actor.ts"
import type { JournalFailed, RunnerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { ProcessIdentity } from "../domain/ProcessIdentity.ts"
import type { JobLog, JobTrace } from "./DxRunner.ts"

/** The start of a check of an attempt's work. */
export interface CheckRequest {
  readonly beads: BeadsId
  /** Every process of the check has it in the variable `NIGHTLY_DISPATCH_ATTEMPT`. */
  readonly attempt: Actor
  /** The repository's name, for the records. */
  readonly repo: string
  /** Where the command runs: the absolute path of the attempt's worktree, or of that of its base. */
  readonly worktree: string
  /** The program and its arguments. No shell parses them. */
  readonly command: readonly [string, ...ReadonlyArray<string>]
  /** Like that of `JobRequest`: called with the process that waits to become the check. */
  readonly onLaunch: (checker: ProcessIdentity) => Effect.Effect<void, JournalFailed>
}

/**
 * What is known of an attempt's check. `running`: it runs, or is being started. `ended`: by itself. `stopped`: we ended it.
 * `gone`: nothing of it runs, and how it ended is not known: it crashed, or was never started. `unknown`: whether it runs cannot be
 * told from here.
 */
export type Check =
  | { readonly phase: "running" }
  | {
      readonly phase: "ended"
      readonly exitCode: number
      /** The last lines of its output; empty if it printed nothing. Not redacted. */
      readonly lines: ReadonlyArray<string>
    }
  | { readonly phase: "stopped"; readonly lines: ReadonlyArray<string> }
  | { readonly phase: "gone" | "unknown"; readonly why: string }

/**
 * Checks the work of jobs with the command `verify.command`: a process of its own for each attempt, which outlives us. The starter
 * of a trace is the process that `onLaunch` got. An attempt may have a second check after its first has ended, in the worktree of
 * its base: the worktree of a trace tells which of the two is meant. Its layers: `LocalVerifier.layer` on local processes, and `FakeVerifier.layer` of
 * the test kit. Both pass the same contract suite.
 *
 * Every method may fail with `RunnerFailed`: the records or the processes cannot be read. `blame` names the cause.
 *
 * @example
 * Effect.flatMap(Verifier, (verifier) => verifier.check(attempt.beads, { attempt: attempt.actor }))
 */
export class Verifier extends Context.Tag("nightly-dispatch/Verifier")<
  Verifier,
  {
    /**
     * Starts the check, and does not wait for it. Does nothing if the attempt's check runs. Fails with `RunnerFailed` if an earlier
     * check of the bug may still run, and with `blame: "config"` if the command does not exist or cannot be executed.
     */
    readonly start: (request: CheckRequest) => Effect.Effect<void, RunnerFailed | JournalFailed>
    /** The attempt's check in the worktree of the trace. */
    readonly check: (id: BeadsId, trace: JobTrace) => Effect.Effect<Check, RunnerFailed>
    /** Ends the check with all its processes, like `DxRunner.stop`. `true` if none of them works in the worktree any more. */
    readonly stop: (id: BeadsId, trace: JobTrace) => Effect.Effect<boolean, RunnerFailed>
    /** Ends what a check that has ended left behind, like `DxRunner.endLeftovers`. Returns the rest, each in words. */
    readonly endLeftovers: (id: BeadsId, trace: JobTrace) => Effect.Effect<ReadonlyArray<string>, RunnerFailed>
    /** Counts a check of phase `unknown` as over from now on, because its time is over. Ends nothing. */
    readonly abandon: (id: BeadsId, trace: JobTrace) => Effect.Effect<void, RunnerFailed>
    /** The logs of ended checks that were last written before this time, in milliseconds since the epoch. */
    readonly oldLogs: (before: number) => Effect.Effect<ReadonlyArray<JobLog>, RunnerFailed>
    /** Removes the log and the records of this ended check. Leaves a check alone that may run. */
    readonly removeLog: (log: JobLog) => Effect.Effect<void, RunnerFailed>
  }
>() {}
