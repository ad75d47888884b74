import { Data, Effect, Schedule, type Duration } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Exec, ExecError, ExecResult } from "../../exec/Exec.ts"
import { failureReason, isAboutIssue, isBusy } from "./output.ts"

/** Variables that git sets for a hook. If a hook starts us, git would work in the hook's repository, not in `cwd`. */
const INHERITED = `
  GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CEILING_DIRECTORIES GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_PARAMETERS
  GIT_CONFIG_COUNT GIT_DIR GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX
  GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH GIT_REPLACE_REF_BASE
  GIT_SHALLOW_FILE GIT_WORK_TREE GIT_TRACE
`
  .trim()
  .split(/\s+/)

/** Git's environment: no variables of a hook, no question for a password, messages in English. */
export const gitEnvironment: Readonly<Record<string, string | undefined>> = {
  ...Object.fromEntries(INHERITED.map((name) => [name, undefined])),
  GIT_TERMINAL_PROMPT: "0",
  SSH_ASKPASS_REQUIRE: "never",
  GIT_OPTIONAL_LOCKS: "0",
  LC_ALL: "C",
  LANGUAGE: undefined
}

/** Git runs no hook of the repository, leaves no process running, reads the disk and no cache, ignores submodules. */
const OPTIONS = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"]
].flatMap(([key, value]) => ["-c", `${key}=${value}`])

/** Runs `git` with our options and environment. */
export interface Git {
  /** Any exit code of git is a success. */
  readonly run: (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<ExecResult, WorkspaceFailed>
  /** What git printed, trimmed. Fails when git's exit code is not 0. */
  readonly read: (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<string, WorkspaceFailed>
}

/** The failure of a command that did not start, or did not end in time. */
export const fromExec = (error: ExecError): WorkspaceFailed =>
  new WorkspaceFailed({
    detail: error.message,
    blame: error._tag === "ExecNotStarted" && error.reason !== "no_resources" ? "config" : "host"
  })

class Busy extends Data.TaggedError("Busy")<{ readonly result: ExecResult }> {}

/** The pauses between tries while another git process holds a lock: about three seconds in all. */
const retries = Schedule.exponential("50 millis", 1.6).pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(8)))

/** Each try of a command may take `timeout`. It is repeated while another git process holds a lock. */
export const makeGit = (exec: Exec["Type"], timeout: Duration.DurationInput): Git => {
  const run: Git["run"] = (cwd, args) =>
    exec.run({ command: "git", args: [...OPTIONS, ...args], cwd, env: gitEnvironment, timeout }).pipe(
      Effect.mapError(fromExec),
      Effect.filterOrFail(
        (result) => result.exitCode === 0 || !isBusy(result.stderr),
        (result) => new Busy({ result })
      ),
      Effect.retry({ while: (error) => error._tag === "Busy", schedule: retries }),
      Effect.catchTag("Busy", ({ result }) => Effect.succeed(result))
    )
  const read: Git["read"] = (cwd, args) =>
    Effect.flatMap(run(cwd, args), (result) =>
      result.exitCode === 0
        ? Effect.succeed(result.stdout.trim())
        : new WorkspaceFailed({ detail: failureReason(result), blame: isAboutIssue(result.stderr) ? "issue" : "host" })
    )
  return { run, read }
}
