import { Context, Schema, type Duration, type Effect } from "effect"
import { ProcessIdentity, type Liveness } from "../domain/ProcessIdentity.ts"
import type { Tool } from "./childEnvironment.ts"
import type { EndedPart, JobProcesses, JobTraits } from "./jobTraits.ts"
import type { LogLimit } from "./logLimiter.ts"
import { ProcessUnreadable } from "./processTable.ts"

export { type Tool } from "./childEnvironment.ts"
export { ProcessIdentity, ProcessUnreadable, type EndedPart, type JobProcesses, type JobTraits }

/** One external command. It is started without a shell, so it gets its arguments unchanged. */
export interface ExecSpec {
  /** Decides which variables of our environment the command gets; see `childEnvironment`. */
  readonly tool: Tool
  /** A name looked up on PATH, or a path. */
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** Working directory, absolute. */
  readonly cwd: string
  /** Added to these variables; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** After this time the command is ended. `ExecTimedOut` holds its output so far. */
  readonly timeout: Duration.DurationInput
  /** The time between SIGTERM and SIGKILL. Default 2 seconds. */
  readonly killAfter?: Duration.DurationInput
  /** Bytes of stdout, and of stderr. A command that prints more is ended with `ExecOutputTooLarge`. Default 8 MiB. */
  readonly maxOutput?: number
  /** What the command reads from stdin. Default: nothing. */
  readonly input?: string
}

/** A command that may leave processes behind, such as a job. */
export interface GatedSpec extends Omit<ExecSpec, "input"> {
  /**
   * An existing directory. It gets two files with the output. After exit code 0 they stay, because a process that the command
   * left behind may still write to them: limit them with `limitFiles`, and remove them when that process has ended.
   */
  readonly outputDirectory: string
}

/** A command that ended by itself, with any exit code. */
export interface ExecResult {
  /** The exit code; 128 + n if signal n ended the command, as a shell reports it. */
  readonly exitCode: number
  /** The signal that ended the command, e.g. `SIGKILL`. */
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  readonly duration: Duration.Duration
}

/** A process that goes on after this program has ended: an agent's job. */
export interface LaunchSpec extends Pick<ExecSpec, "command" | "args" | "cwd" | "env"> {
  /** Gets both streams. Created with mode 0600, or appended to. A symbolic link is not followed. */
  readonly logFile: string
  /** With a gate: how large the log may become. Without `mkfifo` there is no limit. */
  readonly logLimit?: LogLimit
  /** `nightly-dispatch`: this program. It gets our environment whole, alert addresses too, besides `env`. */
  readonly tool: Tool | "nightly-dispatch"
  /** With a gate: the name of a systemd scope to run in, where there is a user manager. */
  readonly scope?: string
}

/** A command that a person uses on our terminal: a pager. */
export interface ForegroundSpec extends Pick<ExecSpec, "tool" | "command" | "args" | "cwd" | "env"> {
  /** What it reads from stdin. */
  readonly input: string
}

/**
 * Called with the process that waits to become the command, and with its control group if it has one of its own. If it fails,
 * or if our program ends first, the command never runs.
 */
export type Gate<E> = (process: ProcessIdentity, cgroup: string | undefined) => Effect.Effect<void, E>

/**
 * The command does not exist or is not executable, its working directory is missing, or the system lacks resources.
 *
 * @example
 * const exec = yield* Exec
 * yield* exec.run({ tool: "git", command: "gti", args: [], cwd: "/", timeout: "1 second" }).pipe(
 *   Effect.catchTag("ExecNotStarted", ({ reason }) => Console.log(reason)) // "not_found"
 * )
 */
export class ExecNotStarted extends Schema.TaggedError<ExecNotStarted>()("ExecNotStarted", {
  command: Schema.String,
  reason: Schema.Literal("not_found", "not_executable", "bad_directory", "no_resources"),
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.command}: ${this.detail}`
  }
}

/**
 * The command did not end within `timeoutMs` (milliseconds). Its whole process group has been ended. Holds what it had printed.
 *
 * @example
 * new ExecTimedOut({ command: "git", timeoutMs: 10_000, stdout: "", stderr: "" }).message // "git: did not end within 10 s"
 */
export class ExecTimedOut extends Schema.TaggedError<ExecTimedOut>()("ExecTimedOut", {
  command: Schema.String,
  timeoutMs: Schema.Number,
  stdout: Schema.String,
  stderr: Schema.String
}) {
  override get message(): string {
    return `${this.command}: did not end within ${Math.round(this.timeoutMs / 100) / 10} s`
  }
}

/**
 * The command printed more than `maxOutput`: `limit`, in bytes. Its whole process group has been ended.
 *
 * @example
 * new ExecOutputTooLarge({ command: "bd", limit: 1024 * 1024 }).message // "bd: more than 1 MiB of output"
 */
export class ExecOutputTooLarge extends Schema.TaggedError<ExecOutputTooLarge>()("ExecOutputTooLarge", {
  command: Schema.String,
  limit: Schema.Int
}) {
  override get message(): string {
    return `${this.command}: more than ${Math.round(this.limit / 1024 / 102.4) / 10} MiB of output`
  }
}

/** Why a command gave no result. An exit code other than 0 is a result and no error. */
export type ExecError = ExecNotStarted | ExecTimedOut | ExecOutputTooLarge

/**
 * The one way to run an external command.
 *
 * Every command but that of `foreground` gets stdin from /dev/null (or from `input`), a session of its own, a time limit and an
 * output limit. `run` returns when the command exits, not when its output ends, so a background child that keeps the streams
 * open does not delay `run`. `run` reads both streams through pipes, up to the limit. It closes them at its end, so such a child
 * then gets SIGPIPE when it writes. `runGated` writes them to files, which never fail a child's writes.
 * After a time-out, an interruption or an exit code other than 0 the whole process group is ended: SIGTERM, then SIGKILL.
 * After exit code 0 the group is left alone, because a background process of the command may be a job.
 *
 * @example
 * const exec = yield* Exec
 * const { exitCode, stdout } = yield* exec.run({ tool: "git", command: "git", args: ["status"], cwd: "/src/shop", timeout: "10 seconds" })
 */
export class Exec extends Context.Tag("nightly-dispatch/Exec")<
  Exec,
  {
    readonly run: (spec: ExecSpec) => Effect.Effect<ExecResult, ExecError>
    /**
     * `run`, once the gate has opened, with output to files; `timeout` counts from then. An interpreter that is missing is a
     * result with exit code 126 or 127.
     */
    readonly runGated: <E>(spec: GatedSpec, gate: Gate<E>) => Effect.Effect<ExecResult, ExecError | E>
    /**
     * Runs a command on our terminal until a person ends it, and gives its exit code. It has our stdout and stderr and may read keys
     * from the terminal. Ctrl-C goes to it and not to us. An interruption ends it with its descendants.
     */
    readonly foreground: (spec: ForegroundSpec) => Effect.Effect<number, ExecNotStarted>
    /** Starts a process in a session of its own and returns as soon as it runs. */
    readonly launch: (spec: LaunchSpec) => Effect.Effect<ProcessIdentity, ExecNotStarted>
    /** `launch`, once the gate has opened. */
    readonly launchGated: <E>(spec: LaunchSpec, gate: Gate<E>) => Effect.Effect<ProcessIdentity, ExecNotStarted | E>
    /** The process that has this pid now; `undefined` if there is none, or only a zombie. */
    readonly identify: (pid: number) => Effect.Effect<ProcessIdentity | undefined, ProcessUnreadable>
    /** Whether this process still runs. A later process with the same pid does not count. See `findProcess`. */
    readonly liveness: (process: ProcessIdentity) => Effect.Effect<Liveness>
    /**
     * The processes of a job: its group, its descendants, its control group, what carries its attempt, and what earlier calls
     * found that still runs. So calling it now and then samples the job.
     */
    readonly jobProcesses: (job: JobTraits) => Effect.Effect<JobProcesses, ProcessUnreadable>
    /**
     * Ends the processes of a job: SIGTERM, then SIGKILL after `killAfter` (default 2 seconds). Returns what is left of the
     * job. Never signals a process that may be another's.
     */
    readonly endJob: (
      job: JobTraits,
      part: EndedPart,
      killAfter?: Duration.DurationInput
    ) => Effect.Effect<JobProcesses, ProcessUnreadable>
    /**
     * Ends the process group of this living process: SIGTERM, then SIGKILL after `killAfter` (default 2 seconds). Returns
     * whether the group is gone. If the process has ended, the group's number may be another group's, so nothing is ended.
     */
    readonly endGroup: (process: ProcessIdentity, killAfter?: Duration.DurationInput) => Effect.Effect<boolean>
    /** The absolute path of the file that `run` would execute; `undefined` if there is none. */
    readonly which: (command: string) => Effect.Effect<string | undefined>
  }
>() {}
