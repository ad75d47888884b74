import { Context, Schema, type Duration, type Effect } from "effect"

/** One external command. Arguments reach it as they are: no shell is in between. */
export interface ExecSpec {
  /** A name looked up on PATH, or a path. */
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** Where it runs. Absolute. */
  readonly cwd: string
  /** Added to what of our environment a command is given; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** After this it is ended and `ExecTimedOut` tells what it had printed. */
  readonly timeout: Duration.DurationInput
  /** How long SIGTERM is given before SIGKILL. Default 2 seconds. */
  readonly killAfter?: Duration.DurationInput
  /** Bytes of each stream after which it is ended and `ExecOutputTooLarge` says so. Default 8 MiB. */
  readonly maxOutput?: number
}

/** A command that ran to its own end, whatever it says of itself. */
export interface ExecResult {
  /** Its exit code; 128 + n when signal n ended it, as a shell reports it. */
  readonly exitCode: number
  /** The signal that ended it, e.g. `SIGKILL`. */
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  readonly duration: Duration.Duration
}

/** A process that outlives us: an agent's job. */
export interface LaunchSpec {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Takes both streams; created 0600 or appended to, never followed through a link. */
  readonly logFile: string
}

/**
 * A process that cannot be mistaken for a later one with the same pid: `startedAt` is the kernel's start time of it
 * within the boot `boot`. Compare as opaque text.
 */
export class ProcessIdentity extends Schema.Class<ProcessIdentity>("ProcessIdentity")({
  pid: Schema.Int.pipe(Schema.greaterThan(1)),
  startedAt: Schema.String,
  boot: Schema.String
}) {}

/** There is no such command, or it cannot be executed, or its working directory is missing. */
export class ExecNotStarted extends Schema.TaggedError<ExecNotStarted>()("ExecNotStarted", {
  command: Schema.String,
  reason: Schema.Literal("not_found", "not_executable", "bad_directory", "no_resources"),
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.command}: ${this.detail}`
  }
}

/** It did not end in time. It has been ended, with its whole process group. */
export class ExecTimedOut extends Schema.TaggedError<ExecTimedOut>()("ExecTimedOut", {
  command: Schema.String,
  timeoutMs: Schema.Number,
  stdout: Schema.String,
  stderr: Schema.String
}) {
  override get message(): string {
    return `${this.command}: no end within ${Math.round(this.timeoutMs / 100) / 10} s`
  }
}

/** It printed more than anyone will read. It has been ended, with its whole process group. */
export class ExecOutputTooLarge extends Schema.TaggedError<ExecOutputTooLarge>()("ExecOutputTooLarge", {
  command: Schema.String,
  limit: Schema.Int
}) {
  override get message(): string {
    return `${this.command}: more than ${Math.round(this.limit / 1024 / 102.4) / 10} MiB of output`
  }
}

export type ExecError = ExecNotStarted | ExecTimedOut | ExecOutputTooLarge

/**
 * The one way to run an external command.
 *
 * Every command has stdin from /dev/null, its own session, a time limit and an output limit. Its exit code decides,
 * not the end of its output: a background child that keeps the streams open neither delays us nor loses its streams.
 * After a time-out, an interruption or an exit code other than 0 the whole process group is ended, SIGTERM first, even
 * if it ignores that; after exit code 0 it is left alone, because what it started in the background may be a job.
 */
export class Exec extends Context.Tag("nightly-dispatch/Exec")<
  Exec,
  {
    readonly run: (spec: ExecSpec) => Effect.Effect<ExecResult, ExecError>
    /** Starts a process in a session of its own and returns as soon as it runs. */
    readonly launch: (spec: LaunchSpec) => Effect.Effect<ProcessIdentity, ExecNotStarted>
    /** Who has this pid now; nothing when nobody does or the process has ended. */
    readonly identify: (pid: number) => Effect.Effect<ProcessIdentity | undefined>
    /** Whether this very process still runs. */
    readonly isAlive: (process: ProcessIdentity) => Effect.Effect<boolean>
    /**
     * Ends the process group of this very process: SIGTERM, then SIGKILL after `killAfter` (default 2 seconds).
     * Says whether the group is gone. Does nothing when the pid belongs to somebody else by now.
     */
    readonly endGroup: (process: ProcessIdentity, killAfter?: Duration.DurationInput) => Effect.Effect<boolean>
    /** The absolute path of a command as `run` would find it. */
    readonly which: (command: string) => Effect.Effect<string | undefined>
  }
>() {}
