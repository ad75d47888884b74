import { Data, Effect, Either, Schedule, type Duration } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Exec, ExecError, ExecResult } from "../../exec/Exec.ts"
import { gitFailed } from "./failure.ts"
import { isBusy } from "./output.ts"
import { makeOverrides } from "./overrides.ts"
import { makeSettled } from "./settledAnswers.ts"

/** Git's environment: no question for a password or a text, messages in English. */
export const gitEnvironment: Readonly<Record<string, string | undefined>> = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_EDITOR: ":",
  GIT_PAGER: "cat",
  SSH_ASKPASS_REQUIRE: "never",
  GIT_OPTIONAL_LOCKS: "0",
  LC_ALL: "C",
  LANGUAGE: undefined
}

/**
 * Git runs no hook of the repository and no command that an address names, leaves no process running, reads the disk and no
 * cache, ignores submodules.
 */
const OPTIONS = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["protocol.ext.allow", "never"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"]
].flatMap(([key, value]) => ["-c", `${key}=${value}`])

/** Runs `git` with our options and environment. */
export interface Git {
  /** Any exit code of git is a success. `worktree`: a worktree in which the command works besides `cwd`. */
  readonly run: (
    cwd: string,
    args: ReadonlyArray<string>,
    worktree?: string
  ) => Effect.Effect<ExecResult, WorkspaceFailed>
  /** What git printed, trimmed. Fails when git's exit code is not 0. */
  readonly read: (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<string, WorkspaceFailed>
  /**
   * `run`, for what depends only on where the repository is and on its settings. While both are the same on the disk, an answer
   * with exit code 0 holds for a minute.
   */
  readonly settled: (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<ExecResult, WorkspaceFailed>
}

/** How git is called. */
export interface GitOptions {
  /** Of one call. */
  readonly timeout: Duration.DurationInput
  /** The filters of a repository's configuration that may run, besides git-lfs's own. */
  readonly allowFilters: ReadonlyArray<string>
}

/** The failure of a command that did not start, or that a limit of ours ended. */
export const fromExec = (error: ExecError): WorkspaceFailed => {
  const detail = error.message
  if (error._tag !== "ExecNotStarted") return new WorkspaceFailed({ detail, kind: "timeout", blame: "issue" })
  return error.reason === "no_resources"
    ? new WorkspaceFailed({ detail, kind: "no_room", blame: "host" })
    : new WorkspaceFailed({ detail, kind: "unusable", blame: "config" })
}

class Busy extends Data.TaggedError("Busy")<{ readonly result: ExecResult }> {}

/** The pauses between tries while another git process holds a lock: about three seconds in all. */
const retries = Schedule.exponential("50 millis", 1.6).pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(8)))

/** Subcommands that run no command of the configuration, for the arguments that we give them. */
const PLAIN = /^(?:--version|branch|for-each-ref|merge-base|remote|rev-list|rev-parse|symbolic-ref|worktree list)$/

const isPlain = ([command = "", next = ""]: ReadonlyArray<string>): boolean =>
  PLAIN.test(command === "worktree" ? `${command} ${next}` : command)

/**
 * Each try of a command may take `timeout`. It is repeated while another git process holds a lock. No command in the
 * configuration of a repository runs, but git-lfs's own and the filters that the operator allows; see `overridesOf`.
 */
export const makeGit = (exec: Exec["Type"], options: GitOptions): Git => {
  const { timeout } = options
  const call = (cwd: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
    Effect.mapError(
      exec.run({
        tool: "git",
        command: "git",
        args: [...OPTIONS, ...args],
        cwd,
        env: { ...gitEnvironment, ...env },
        timeout
      }),
      fromExec
    )
  const overrides = makeOverrides(call, options.allowFilters)
  const once: Git["run"] = Effect.fnUntraced(function* (cwd, args, worktree) {
    if (isPlain(args)) return yield* call(cwd, args)
    const found = yield* overrides(worktree === undefined ? [cwd] : [cwd, worktree])
    return Either.isLeft(found) ? found.left : yield* call(cwd, args, found.right)
  })
  const run: Git["run"] = (...args) =>
    once(...args).pipe(
      Effect.filterOrFail(
        (result) => result.exitCode === 0 || !isBusy(result.stderr),
        (result) => new Busy({ result })
      ),
      Effect.retry({ while: (error) => error._tag === "Busy", schedule: retries }),
      Effect.catchTag("Busy", ({ result }) => Effect.succeed(result))
    )
  const read: Git["read"] = (cwd, args) =>
    Effect.flatMap(run(cwd, args), (result) =>
      result.exitCode === 0 ? Effect.succeed(result.stdout.trim()) : gitFailed(result)
    )
  return { run, read, settled: makeSettled(run) }
}
