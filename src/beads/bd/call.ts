import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, type Duration } from "effect"
import { askOnce } from "../../domain/askOnce.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import { Exec, type ExecResult } from "../../exec/Exec.ts"
import { readAnswer } from "./answer.ts"
import { findDatabase } from "./database.ts"
import { environmentOf, type Access } from "./environment.ts"
import { bdError, execFailure, unreadable } from "./failure.ts"
import { errorLine } from "./messages.ts"

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
}

/** The only ways to call bd. Each fails when bd cannot be started, exceeds the time limit or prints too much. */
export interface BdCall {
  /** Runs a command that only reads the database. Any exit code is a success. */
  readonly read: (operation: string, args: ReadonlyArray<string>) => Effect.Effect<ExecResult, TrackerFailed>
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
  /** `read`, and reads the rows that bd prints. Fails on any other output and any exit code but 0. */
  readonly rows: (
    operation: string,
    args: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<unknown>, TrackerFailed>
}

/** In bytes. `list --limit 0` prints every issue with its whole description. */
const MAX_OUTPUT = 32 * 1024 * 1024

const rowsIn = (operation: string, result: ExecResult): Effect.Effect<ReadonlyArray<unknown>, TrackerFailed> => {
  const answer = readAnswer(result.stdout)
  if (result.exitCode !== 0 || answer._tag === "ErrorObject") return Effect.fail(bdError(operation, result))
  if (answer._tag === "Rows") return Effect.succeed(answer.rows)
  const problem = answer._tag === "Empty" ? "no answer on stdout" : "not JSON"
  return Effect.fail(unreadable(operation, `${problem}: ${errorLine(result)}`))
}

/** Calls nothing. The first call that needs the database looks for it. */
export const makeBdCall = Effect.fnUntraced(function* ({ command, cwd, dir, timeout }: BdOptions) {
  const exec = yield* Exec
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const { ask: database } = yield* askOnce(Effect.provide(findDatabase(dir, cwd), context))

  const call = (
    access: Access,
    operation: string,
    args: ReadonlyArray<string>,
    env: Readonly<Record<string, string>> = {}
  ) =>
    Effect.mapError(
      exec.run({ command, args, cwd, env: { ...environmentOf(access), ...env }, timeout, maxOutput: MAX_OUTPUT }),
      (error) => execFailure(operation, error)
    )

  const read: BdCall["read"] = (operation, args) =>
    Effect.flatMap(database, (dir) => call("read", operation, args, { BEADS_DIR: dir }))

  return {
    read,
    write: (operation, args, env = {}) =>
      Effect.flatMap(database, (dir) => call("write", operation, args, { ...env, BEADS_DIR: dir })),
    runWithoutDatabase: (operation, args) => call("read", operation, args),
    rows: (operation, args) => Effect.flatMap(read(operation, args), (result) => rowsIn(operation, result))
  } satisfies BdCall
})
