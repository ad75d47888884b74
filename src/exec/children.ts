import { Deferred, Effect, FiberId } from "effect"
import { spawn, type ChildProcess } from "node:child_process"
import * as fs from "node:fs/promises"
import { ExecNotStarted, type ExecSpec } from "./Exec.ts"

/** How a child exited: `code` is `null` if a signal ended it. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A child that has been spawned. */
export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  readonly exited: Deferred.Deferred<ChildExit>
}

/** The system's reason why it could not start a command, in words. */
export const notStarted = (command: string, cause: unknown): ExecNotStarted => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const detail = cause instanceof Error ? cause.message : String(cause)
  switch (code) {
    case "ENOENT":
      return new ExecNotStarted({ command, reason: "not_found", detail: "command not found" })
    case "EACCES":
    case "ENOEXEC":
      return new ExecNotStarted({ command, reason: "not_executable", detail: "not executable" })
    case "E2BIG":
      return new ExecNotStarted({ command, reason: "no_resources", detail: "argument list too long" })
    default:
      return new ExecNotStarted({ command, reason: "no_resources", detail })
  }
}

/** A command with its full environment. */
export interface FullCommand extends Pick<ExecSpec, "command" | "args" | "cwd"> {
  readonly env: Readonly<Record<string, string>>
}

/** Spawns a command in a session of its own, with stdin from /dev/null. `stdout` and `stderr` are file descriptors. */
export const spawnChild = (spec: FullCommand, stdout: number, stderr: number): Effect.Effect<Child, ExecNotStarted> =>
  Effect.async<Child, ExecNotStarted>((resume) => {
    const exited = Deferred.unsafeMake<ChildExit>(FiberId.none)
    const spawned = Effect.try({
      try: () =>
        spawn(spec.command, spec.args, {
          cwd: spec.cwd,
          env: spec.env,
          detached: true,
          stdio: ["ignore", stdout, stderr]
        }),
      catch: (cause) => notStarted(spec.command, cause)
    })
    resume(
      Effect.flatMap(spawned, (child) =>
        Effect.async<Child, ExecNotStarted>((ready) => {
          child.once("exit", (code, signal) => Deferred.unsafeDone(exited, Effect.succeed({ code, signal })))
          child.once("error", (cause) => ready(Effect.fail(notStarted(spec.command, cause))))
          child.once("spawn", () => ready(Effect.succeed({ pid: child.pid ?? 0, process: child, exited })))
        })
      )
    )
  })

/** Checked before the spawn: Node reports a missing working directory as a missing command. */
export const requireDirectory = (spec: Pick<ExecSpec, "command" | "cwd">): Effect.Effect<void, ExecNotStarted> =>
  Effect.filterOrFail(
    Effect.promise(() =>
      fs
        .stat(spec.cwd)
        .then((stat) => stat.isDirectory())
        .catch(() => false)
    ),
    (isDirectory) => isDirectory,
    () =>
      new ExecNotStarted({
        command: spec.command,
        reason: "bad_directory",
        detail: `working directory ${spec.cwd} does not exist`
      })
  )
