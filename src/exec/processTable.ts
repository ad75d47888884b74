import { Effect } from "effect"
import * as fs from "node:fs/promises"

/** One row of the process table: what tells a process from a later one with the same pid. */
export interface ProcessRow {
  readonly pid: number
  readonly group: number
  /** The kernel's start time, in ticks since boot. */
  readonly startedAt: string
  /** It has ended and waits for its parent to notice. */
  readonly zombie: boolean
}

const parse = (pid: number, stat: string): ProcessRow | undefined => {
  // The command's name is in parentheses and may hold spaces and parentheses itself, so fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [state, , group] = fields
  const startedAt = fields[19]
  return state === undefined || group === undefined || startedAt === undefined
    ? undefined
    : { pid, group: Number(group), startedAt, zombie: state === "Z" || state === "X" }
}

const read = (path: string): Effect.Effect<string | undefined> =>
  Effect.promise(() => fs.readFile(path, "utf8").catch(() => undefined))

/** The row of one process; nothing when there is none. */
export const processRow = (pid: number): Effect.Effect<ProcessRow | undefined> =>
  Effect.map(read(`/proc/${pid}/stat`), (stat) => (stat === undefined ? undefined : parse(pid, stat)))

/** Whether a process group has a member that still runs. A zombie does not. */
export const groupRuns = Effect.fn("processTable.groupRuns")(function* (group: number) {
  const names = yield* Effect.promise(() => fs.readdir("/proc").catch(() => []))
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const rows = yield* Effect.forEach(pids, processRow, { concurrency: 16 })
  return rows.some((row) => row !== undefined && row.group === group && !row.zombie)
})

/** Tells this boot from every other, so that a start time means something after a reboot. */
export const bootId: Effect.Effect<string> = Effect.map(read("/proc/sys/kernel/random/boot_id"), (id) =>
  id === undefined ? "unknown" : id.trim()
)
