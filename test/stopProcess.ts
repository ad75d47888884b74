import { Effect } from "effect"
import * as fs from "node:fs"

const isStopped = (pid: number): boolean => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")
}

/** Stops a process by a signal, and waits until it has stopped: on a busy host it goes on for a moment. */
export const stopProcess = (pid: number) =>
  Effect.promise(async () => {
    process.kill(pid, "SIGSTOP")
    for (let look = 0; look < 500 && !isStopped(pid); look++) await new Promise((resolve) => setTimeout(resolve, 10))
  })
