import { Effect } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"
import { childEnvironment } from "./childEnvironment.ts"

/** One row of the process table: what tells a process from a later one with the same pid. */
export interface ProcessRow {
  readonly pid: number
  readonly group: number
  /** When it started, as the system writes it; the same text for the same process. */
  readonly startedAt: string
  /** It has ended and waits for its parent to notice. */
  readonly zombie: boolean
}

/** A way to read the process table. */
export interface ProcessTable {
  /** The row of one process; nothing when there is none. */
  readonly row: (pid: number) => Effect.Effect<ProcessRow | undefined>
  readonly rows: Effect.Effect<ReadonlyArray<ProcessRow>>
  /** Tells this boot from every other, so that a start time means something after a reboot. */
  readonly boot: Effect.Effect<string>
}

const read = (path: string): Effect.Effect<string | undefined> =>
  Effect.promise(() => fs.readFile(path, "utf8").catch(() => undefined))

const fromStat = (pid: number, stat: string): ProcessRow | undefined => {
  // The command's name is in parentheses and may hold spaces and parentheses itself, so fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [state, , group] = fields
  const startedAt = fields[19]
  return state === undefined || group === undefined || startedAt === undefined
    ? undefined
    : { pid, group: Number(group), startedAt, zombie: state === "Z" || state === "X" }
}

const procRow = (pid: number): Effect.Effect<ProcessRow | undefined> =>
  Effect.map(read(`/proc/${pid}/stat`), (stat) => (stat === undefined ? undefined : fromStat(pid, stat)))

const present = (rows: ReadonlyArray<ProcessRow | undefined>): ReadonlyArray<ProcessRow> =>
  rows.filter((row) => row !== undefined)

/** Linux: no process is started to look at processes. */
export const procTable: ProcessTable = {
  row: procRow,
  rows: Effect.promise(() => fs.readdir("/proc").catch(() => [])).pipe(
    Effect.map((names) => names.filter((name) => /^\d+$/.test(name)).map(Number)),
    Effect.flatMap(Effect.forEach(procRow, { concurrency: 16 })),
    Effect.map(present)
  ),
  boot: Effect.map(read("/proc/sys/kernel/random/boot_id"), (id) => id?.trim() ?? "unknown")
}

/** Standard output, whatever else happens; in the C locale, so that times read the same every night. */
const output = (command: string, args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.async((resume) => {
    const env = childEnvironment(process.env, { LC_ALL: "C", TZ: "UTC" })
    execFile(command, args, { timeout: 5000, env }, (_error, stdout) => resume(Effect.succeed(stdout)))
  })

const fromPs = (line: string): ProcessRow | undefined => {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(line)
  if (match === null) return undefined
  const [, pid, group, state = "", startedAt = ""] = match
  return { pid: Number(pid), group: Number(group), startedAt, zombie: /^[ZX]/.test(state) }
}

const psRows = (...selection: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<ProcessRow>> =>
  Effect.map(output("ps", [...selection, "-o", "pid=,pgid=,stat=,lstart="]), (text) =>
    present(text.split("\n").map(fromPs))
  )

/** macOS and other systems without `/proc`. Start times are to the second. */
export const psTable: ProcessTable = {
  row: (pid) => Effect.map(psRows("-p", String(pid)), (rows) => rows.find((row) => row.pid === pid)),
  rows: psRows("-A"),
  boot: Effect.map(output("sysctl", ["-n", "kern.boottime"]), (text) => text.trim() || "unknown")
}

/** The process table of this system. */
export const processTable: ProcessTable = process.platform === "linux" ? procTable : psTable

/** Whether the system knows a member of this group at all, a zombie included. Costs next to nothing. */
const groupKnown = (group: number): Effect.Effect<boolean> =>
  Effect.try(() => process.kill(-group, 0)).pipe(
    // Not being allowed to signal it means that it is there.
    Effect.catchAll(({ error }) => Effect.succeed(error instanceof Error && "code" in error && error.code === "EPERM"))
  )

/** Whether a process group has a member that still runs. A zombie does not. */
export const groupRuns = (group: number): Effect.Effect<boolean> =>
  Effect.if(groupKnown(group), {
    onTrue: () => Effect.map(processTable.rows, (rows) => rows.some((row) => row.group === group && !row.zombie)),
    onFalse: () => Effect.succeed(false)
  })
