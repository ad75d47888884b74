import { Effect } from "effect"
import * as fs from "node:fs"

/** The control groups of a process, one for each hierarchy. Empty if it has none, or they cannot be read. */
const cgroupsOf = (pid: number): ReadonlyArray<string> => {
  try {
    return fs
      .readFileSync(`/proc/${pid}/cgroup`, "utf8")
      .split("\n")
      .map((line) => line.split(":").slice(2).join(":"))
  } catch {
    return []
  }
}

/** The control group of this process whose last name is `name`. `undefined` if it is in no such group. */
export const cgroupNamed = (pid: number, name: string): Effect.Effect<string | undefined> =>
  Effect.sync(() => cgroupsOf(pid).find((path) => path.endsWith(`/${name}`)))

/** Which of these processes are in this control group, or in one below it. */
export const membersOfCgroup = (path: string, pids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<number>> =>
  Effect.sync(() => pids.filter((pid) => cgroupsOf(pid).some((each) => each === path || each.startsWith(`${path}/`))))
