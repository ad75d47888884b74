import { Deferred, Effect, FiberId } from "effect"
import { spawn, type ChildProcess } from "node:child_process"
import * as fs from "node:fs/promises"
import { codeOf, messageOf } from "./causes.ts"
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

/** The failure for a command that the system could not start. */
export const notStarted = (command: string, cause: unknown): ExecNotStarted => {
  switch (codeOf(cause)) {
    case "ENOENT":
      return new ExecNotStarted({ command, reason: "not_found", detail: "command not found" })
    case "EACCES":
    case "ENOEXEC":
      return new ExecNotStarted({ command, reason: "not_executable", detail: "not executable" })
    case "E2BIG":
      return new ExecNotStarted({ command, reason: "no_resources", detail: "argument list too long" })
    default:
      return new ExecNotStarted({ command, reason: "no_resources", detail: messageOf(cause) })
  }
}

/** A command with its full environment. */
export interface FullCommand extends Pick<ExecSpec, "command" | "args" | "cwd"> {
  readonly env: Readonly<Record<string, string>>
}

/** The child that `start` spawns, as soon as it runs. */
const spawned = (
  command: string,
  start: () => ChildProcess,
  onExit?: (exit: ChildExit) => void
): Effect.Effect<Child, ExecNotStarted> =>
  Effect.async<Child, ExecNotStarted>((resume) => {
    const exited = Deferred.unsafeMake<ChildExit>(FiberId.none)
    const fail = (cause: unknown) => resume(Effect.fail(notStarted(command, cause)))
    try {
      const child = start()
      child.once("exit", (code, signal) => {
        Deferred.unsafeDone(exited, Effect.succeed({ code, signal }))
        onExit?.({ code, signal })
      })
      child.once("error", fail)
      child.once("spawn", () => resume(Effect.succeed({ pid: child.pid ?? 0, process: child, exited })))
    } catch (cause) {
      fail(cause)
    }
  })

/** Spawns a command in a session of its own. `ignore`: stdin from /dev/null. Numbers are file descriptors. */
export const spawnChild = (
  spec: FullCommand,
  stdin: "ignore" | "pipe" | number,
  stdout: number,
  stderr: number,
  onExit?: (exit: ChildExit) => void
): Effect.Effect<Child, ExecNotStarted> => {
  const { args, command, cwd, env } = spec
  const start = () => spawn(command, args, { cwd, env, detached: true, stdio: [stdin, stdout, stderr] })
  return spawned(command, start, onExit)
}

/** Spawns a command in our own session and process group, so that it may use our terminal. `input` is its stdin. */
export const spawnForeground = ({ args, command, cwd, env }: FullCommand, input: string) =>
  spawned(command, () => {
    const child = spawn(command, args, { cwd, env, stdio: ["pipe", "inherit", "inherit"] })
    // A person may quit a pager before it has read everything.
    child.stdin?.on("error", () => undefined).end(input)
    return child
  })

/** Checked before the spawn or after one that failed: Node reports a missing working directory as a missing command. */
export const requireDirectory = ({ command, cwd }: Pick<ExecSpec, "command" | "cwd">) =>
  Effect.filterOrFail(
    Effect.promise(() => fs.stat(cwd).catch(() => undefined)),
    (stat) => stat?.isDirectory() === true,
    () => new ExecNotStarted({ command, reason: "bad_directory", detail: `working directory ${cwd} does not exist` })
  )
