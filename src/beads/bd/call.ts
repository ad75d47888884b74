import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, type Duration } from "effect"
import { askOnce } from "../../domain/askOnce.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import { Exec, type ExecResult } from "../../exec/Exec.ts"
import { findDatabase } from "../database.ts"
import { failureOf, rowsIn } from "./failure.ts"

/** How bd is called. */
export interface BdOptions {
  /** The executable: a name looked up on PATH, or a path. */
  readonly command: string
  /** The `.beads` directory, absolute; else the nearest one at or above `cwd`. */
  readonly dir: string | undefined
  /** Where every call runs, the same for all: bd's answers depend on it. Absolute. */
  readonly cwd: string
  /** How long one call may take. */
  readonly timeout: Duration.DurationInput
}

/** bd, called the one way that is safe. */
export interface BdCall {
  /** A call that ended by itself, whatever it says; fails when it did not, and when there is no database. */
  readonly run: (
    operation: string,
    args: ReadonlyArray<string>,
    env?: Readonly<Record<string, string>>
  ) => Effect.Effect<ExecResult, TrackerFailed>
  /** A call that needs no database. */
  readonly ask: (operation: string, args: ReadonlyArray<string>) => Effect.Effect<ExecResult, TrackerFailed>
  /** The rows a call printed. Anything but rows and exit code 0 is a failure. */
  readonly rows: (
    operation: string,
    args: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<unknown>, TrackerFailed>
}

/** The longest answer read: `--limit 0` prints every issue with its whole description. */
const MAX_OUTPUT = 32 * 1024 * 1024

// No daemon, no export, no `git add`, no push, no upload of usage figures, no pager, no prompt, no colour; and none of the variables that shorten
// lists, wrap or garble the JSON, or name another database.
const ENVIRONMENT: Readonly<Record<string, string | undefined>> = {
  NO_COLOR: "1",
  BD_NO_DAEMON: "1",
  BEADS_NO_DAEMON: "1",
  BD_EXPORT_AUTO: "false",
  BD_EXPORT_GIT_ADD: "false",
  BD_DOLT_AUTO_PUSH: "false",
  BD_NO_PAGER: "1",
  BD_NON_INTERACTIVE: "1",
  BD_DISABLE_METRICS: "1",
  BD_DEBUG: undefined,
  CLAUDE_CODE: undefined,
  BD_AGENT_MODE: undefined,
  BD_BACKEND: undefined,
  BD_DATABASE_BACKEND: undefined,
  BD_JSON_ENVELOPE: undefined,
  BD_DB: undefined,
  BEADS_DB: undefined
}

/** bd under these options. Nothing is checked before the first call; then the database is, once. */
export const makeBdCall = (
  options: BdOptions
): Effect.Effect<BdCall, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const exec = yield* Exec
    const { ask: database } = yield* Effect.context<FileSystem.FileSystem | Path.Path>().pipe(
      Effect.flatMap((context) => askOnce(Effect.provide(findDatabase(options), context)))
    )

    const call = (operation: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
      exec
        .run({
          command: options.command,
          args,
          cwd: options.cwd,
          env: { ...ENVIRONMENT, ...env },
          timeout: options.timeout,
          maxOutput: MAX_OUTPUT
        })
        .pipe(Effect.mapError((error) => failureOf(operation, error)))

    const run: BdCall["run"] = (operation, args, env = {}) =>
      Effect.flatMap(database, (dir) => call(operation, args, { ...env, BEADS_DIR: dir }))

    return {
      run,
      ask: (operation, args) => call(operation, args, {}),
      rows: (operation, args) => Effect.flatMap(run(operation, args), (result) => rowsIn(operation, result))
    }
  })
