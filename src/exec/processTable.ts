import { Schema, type Effect } from "effect"

/** The system did not answer what was asked about its processes, so nothing follows from the missing answer. */
export class ProcessUnreadable extends Schema.TaggedError<ProcessUnreadable>()("ProcessUnreadable", {
  /** What was read: `/proc/4711/stat`, `ps -A`. */
  source: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.source}: ${this.detail}`
  }
}

/** One row of the process table. */
export interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** The start time as the system writes it. A later process with the same pid has another one. */
  readonly startedAt: string
  /** The process has ended, and its parent has not noticed yet. */
  readonly zombie: boolean
}

/** The variable that every process of a job has, with the job's attempt. */
export const ATTEMPT_VARIABLE = "NIGHTLY_DISPATCH_ATTEMPT"

/** A way to read the process table. No answer is ever taken for "none". */
export interface ProcessTable {
  /** The row of one process; `undefined` if there is none. */
  readonly row: (pid: number) => Effect.Effect<ProcessRow | undefined, ProcessUnreadable>
  readonly rows: Effect.Effect<ReadonlyArray<ProcessRow>, ProcessUnreadable>
  /** Names this boot. Start times of different boots cannot be compared. */
  readonly boot: Effect.Effect<string, ProcessUnreadable>
  /** Names our pid namespace; `undefined` on a system without them. */
  readonly namespace: Effect.Effect<string | undefined, ProcessUnreadable>
  /**
   * The attempt in the environment of each process at its `exec`; empty if there is none. No entry: the environment cannot be
   * read, as another user's, or that of a Mac's system program.
   */
  readonly attempts: Effect.Effect<ReadonlyMap<number, string>, ProcessUnreadable>
  /** The working directory of each process. No entry: it cannot be read. */
  readonly directories: (pids: ReadonlyArray<number>) => Effect.Effect<ReadonlyMap<number, string>>
  /** The command line of a process; empty if it cannot be read. */
  readonly commandLine: (pid: number) => Effect.Effect<string>
}

/** The value of the variable in an environment's text, whose entries end with `end`. Empty if there is none. */
export const attemptIn = (environment: string, end: "\0" | " "): string => {
  const name = `${end}${ATTEMPT_VARIABLE}=`
  const text = `${end}${environment}`
  const at = text.indexOf(name)
  return at < 0 ? "" : (text.slice(at + name.length).split(end, 1)[0] ?? "")
}

/** Why a path of /proc or a process is missing: the process has ended. */
export const isGone = (code: string): boolean => code === "ENOENT" || code === "ESRCH"
