import { Effect, Schedule, type Duration } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Exec, ExecError, ExecResult } from "../../exec/Exec.ts"
import { complaint, isAboutIssue, isBusy } from "./output.ts"

/** What git inherits from a hook or a script that runs us, and would obey instead of the directory it is told. */
const INHERITED = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_CEILING_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_CONFIG_PARAMETERS",
  "GIT_CONFIG_COUNT",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_QUARANTINE_PATH",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
  "GIT_TRACE"
] as const

/** Git's surroundings: nothing inherited, nobody asked for a password, messages in English. */
export const gitEnvironment: Readonly<Record<string, string | undefined>> = {
  ...Object.fromEntries(INHERITED.map((name) => [name, undefined])),
  GIT_TERMINAL_PROMPT: "0",
  SSH_ASKPASS_REQUIRE: "never",
  GIT_OPTIONAL_LOCKS: "0",
  LC_ALL: "C",
  LANGUAGE: undefined
}

/** No hook of the repository runs for what we do, nothing is left running behind it, no cache answers for the disk. */
const OPTIONS = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"]
].flatMap(([key, value]) => ["-c", `${key}=${value}`])

/** `git`, as we run it. */
export interface Git {
  /** Runs it in a directory, whatever its exit code. */
  readonly run: (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<ExecResult, WorkspaceFailed>
  /** What it printed, without spaces around it; fails when its exit code is not 0. */
  readonly read: (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<string, WorkspaceFailed>
}

/** What a command that could not be run to its end means for a workspace. */
export const fromExec = (error: ExecError): WorkspaceFailed =>
  new WorkspaceFailed({
    detail: error.message,
    blame: error._tag === "ExecNotStarted" && error.reason !== "no_resources" ? "config" : "host"
  })

class Busy {
  readonly _tag = "Busy"
  readonly result: ExecResult
  constructor(result: ExecResult) {
    this.result = result
  }
}

/** Waits for other git processes in the same repository: about three seconds in all. */
const patience = Schedule.exponential("50 millis", 1.6).pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(8)))

/** Each command may take `timeout`, and is repeated while another git process holds a lock. */
export const makeGit = (exec: Exec["Type"], timeout: Duration.DurationInput): Git => {
  const run: Git["run"] = (cwd, args) =>
    exec.run({ command: "git", args: [...OPTIONS, ...args], cwd, env: gitEnvironment, timeout }).pipe(
      Effect.mapError(fromExec),
      Effect.filterOrFail(
        (result) => result.exitCode === 0 || !isBusy(result.stderr),
        (result) => new Busy(result)
      ),
      Effect.retry({ while: (error) => error._tag === "Busy", schedule: patience }),
      Effect.catchTag("Busy", ({ result }) => Effect.succeed(result))
    )
  const read: Git["read"] = (cwd, args) =>
    Effect.flatMap(run(cwd, args), (result) =>
      result.exitCode === 0
        ? Effect.succeed(result.stdout.trim())
        : new WorkspaceFailed({ detail: complaint(result), blame: isAboutIssue(result.stderr) ? "issue" : "host" })
    )
  return { run, read }
}
