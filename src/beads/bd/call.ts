import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, type Duration } from "effect"
import { askOnce } from "../../domain/askOnce.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import { Exec, type ExecResult, type ProcessIdentity } from "../../exec/Exec.ts"
import { findDatabase } from "./database.ts"
import { environmentOf, type Access } from "./environment.ts"
import { execFailure } from "./failure.ts"

/** How bd is called. */
export interface BdOptions {
  /** The executable: a name looked up on PATH, or a path. */
  readonly command: string
  /** The `.beads` directory, absolute. `undefined`: the nearest one at or above `cwd`. */
  readonly dir: string | undefined
  /** The directory of every call, absolute. bd's answers depend on it, so it never changes. */
  readonly cwd: string
  /** The time limit of one call. */
  readonly timeout: Duration.DurationInput
  /** In MiB: how much one call may print. `list` prints every issue with its whole description. Default 32. */
  readonly maxOutput?: number
}

/** Calls of bd. Each fails when bd cannot be started, exceeds the time limit or prints too much. */
export interface BdProcess {
  /** The `.beads` directory. */
  readonly directory: Effect.Effect<string, TrackerFailed>
  /**
   * Runs a command that only reads the database. Any exit code is a success. `issues`: how many the answer is known to have; with
   * many it may be larger than `maxOutput`.
   */
  readonly read: (
    operation: string,
    args: ReadonlyArray<string>,
    issues?: number
  ) => Effect.Effect<ExecResult, TrackerFailed>
  /** Runs a command that changes the database. Any exit code is a success. */
  readonly write: (
    operation: string,
    args: ReadonlyArray<string>,
    env?: Readonly<Record<string, string>>
  ) => Effect.Effect<ExecResult, TrackerFailed>
  /** Runs bd without a database, for its version and help. Any exit code is a success. */
  readonly runWithoutDatabase: (
    operation: string,
    args: ReadonlyArray<string>
  ) => Effect.Effect<ExecResult, TrackerFailed>
  /** Starts a command that changes the database and may take longer than this program runs. Its output goes to `logFile`. */
  readonly launch: (
    operation: string,
    args: ReadonlyArray<string>,
    logFile: string
  ) => Effect.Effect<ProcessIdentity, TrackerFailed>
}

const MIB = 1024 * 1024
/** Bytes of an answer for each issue that it is known to have. A record has a few hundred, with a pasted log a few thousand. */
const PER_ISSUE = 4096

/** The limit of an answer with so many issues, in bytes, where `maxOutput` MiB are allowed at any rate. */
export const outputLimit = (maxOutput: number, issues: number): number =>
  Math.max(Math.floor(maxOutput * MIB), issues * PER_ISSUE)

/** Calls nothing. The first call that needs the database looks for it. */
export const makeBdProcess = Effect.fnUntraced(function* ({ command, cwd, dir, maxOutput = 32, timeout }: BdOptions) {
  const exec = yield* Exec
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const { ask: database } = yield* askOnce(Effect.provide(findDatabase(dir, cwd), context))

  const call = (
    access: Access,
    operation: string,
    args: ReadonlyArray<string>,
    env: Readonly<Record<string, string>> = {},
    issues = 0
  ) =>
    Effect.mapError(
      exec.run({
        tool: "tracker",
        command,
        args,
        cwd,
        env: { ...environmentOf(access), ...env },
        timeout,
        maxOutput: outputLimit(maxOutput, issues)
      }),
      (error) => execFailure(operation, error)
    )

  const onDatabase = (access: Access, operation: string, args: ReadonlyArray<string>, env = {}, issues = 0) =>
    Effect.flatMap(database, (dir) => call(access, operation, args, { ...env, BEADS_DIR: dir }, issues))

  return {
    directory: database,
    read: (operation, args, issues) => onDatabase("read", operation, args, {}, issues),
    write: (operation, args, env) => onDatabase("write", operation, args, env),
    runWithoutDatabase: (operation, args) => call("read", operation, args),
    launch: (operation, args, logFile) =>
      Effect.flatMap(database, (dir) =>
        Effect.mapError(
          exec.launch({
            tool: "tracker",
            command,
            args,
            cwd,
            env: { ...environmentOf("write"), BEADS_DIR: dir },
            logFile
          }),
          (error) => execFailure(operation, error)
        )
      )
  } satisfies BdProcess
})
