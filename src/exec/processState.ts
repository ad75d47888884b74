import { Effect, Option } from "effect"
import * as fs from "node:fs"
import { Exec, type ProcessIdentity } from "./Exec.ts"

/**
 * What a process does now. `stopped`: a signal stopped it, as after Ctrl-Z; it goes on after SIGCONT. `disk`: the kernel waits
 * for a disk or a network disk. `unseen`: it is not in the process table of this process: it has ended, or it is in another
 * container or on another host.
 */
export type ProcessState = "stopped" | "disk" | "running" | "unseen"

const states: Readonly<Record<string, ProcessState>> = { T: "stopped", t: "stopped", D: "disk", U: "disk" }

/** Linux: the state of a process, from /proc. */
const fromProc = (pid: number): Effect.Effect<Option.Option<string>> =>
  Effect.option(
    Effect.try(() => {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
      return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3)
    })
  )

/** Any Unix: the state of a process, from ps. */
export const stateFromPs = Effect.fn("processState.ps")(function* (pid: number) {
  const exec = yield* Exec
  const ps = exec.run({
    tool: "system",
    command: "ps",
    args: ["-o", "stat=", "-p", String(pid)],
    cwd: "/",
    timeout: "5 seconds"
  })
  return yield* Effect.option(Effect.map(ps, ({ stdout }) => stdout.trim().slice(0, 1)))
})

/**
 * What this process does now.
 *
 * @example
 * const state = yield* processState(holder.process) // "stopped"
 */
export const processState = Effect.fn("processState")(function* (
  process_: ProcessIdentity,
  read: (pid: number) => Effect.Effect<Option.Option<string>, never, Exec> = process.platform === "linux"
    ? fromProc
    : stateFromPs
): Effect.fn.Return<ProcessState, never, Exec> {
  const exec = yield* Exec
  if ((yield* exec.liveness(process_)) !== "alive") return "unseen"
  return states[Option.getOrElse(yield* read(process_.pid), () => "")] ?? "running"
})
