import { Effect } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import { codeOf } from "./causes.ts"
import { childEnvironment } from "./childEnvironment.ts"

/** One row of the process table. */
export interface ProcessRow {
  readonly pid: number
  readonly group: number
  /** The start time as the system writes it. A later process with the same pid has another one. */
  readonly startedAt: string
  /** The process has ended, and its parent has not noticed yet. */
  readonly zombie: boolean
}

/** A way to read the process table. */
export interface ProcessTable {
  /** The row of one process; `undefined` if there is none. */
  readonly row: (pid: number) => Effect.Effect<ProcessRow | undefined>
  readonly rows: Effect.Effect<ReadonlyArray<ProcessRow>>
  /** Names this boot. Start times of different boots cannot be compared. */
  readonly boot: Effect.Effect<string>
}

/** Without another thread: `/proc` is in memory, and the switch to a thread costs nine times as much as the read. */
const read = (path: string): Effect.Effect<string | undefined> =>
  Effect.orElseSucceed(
    Effect.try(() => fs.readFileSync(path, "utf8")),
    () => undefined
  )

const fromStat = (pid: number, stat: string): ProcessRow | undefined => {
  // The command's name is in parentheses and may itself contain spaces and parentheses: count from the last parenthesis.
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

/** Linux: read from /proc, without starting a process. */
export const procTable: ProcessTable = {
  row: procRow,
  rows: Effect.try(() => fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))).pipe(
    Effect.orElseSucceed(() => []),
    Effect.flatMap(Effect.forEach((name) => procRow(Number(name)))),
    Effect.map(present)
  ),
  boot: Effect.map(read("/proc/sys/kernel/random/boot_id"), (id) => id?.trim() ?? "unknown")
}

/** The standard output, also of a failing command. The C locale and UTC give times one format. */
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

/** macOS and other systems without `/proc`. Start times are in whole seconds. */
export const psTable: ProcessTable = {
  row: (pid) => Effect.map(psRows("-p", String(pid)), (rows) => rows.find((row) => row.pid === pid)),
  rows: psRows("-A"),
  boot: Effect.map(output("sysctl", ["-n", "kern.boottime"]), (text) => text.trim() || "unknown")
}

/** The process table of this system. */
export const processTable: ProcessTable = process.platform === "linux" ? procTable : psTable

/** Whether the group has any member, zombies included. Cheap: one system call. */
const groupExists = (group: number): Effect.Effect<boolean> =>
  Effect.try(() => process.kill(-group, 0)).pipe(
    // EPERM: we may not signal the group, so it exists.
    Effect.catchAll(({ error }) => Effect.succeed(codeOf(error) === "EPERM"))
  )

/** Whether a process group has a running member. A zombie does not count. */
export const groupRuns = (group: number): Effect.Effect<boolean> =>
  Effect.if(groupExists(group), {
    onTrue: () => Effect.map(processTable.rows, (rows) => rows.some((row) => row.group === group && !row.zombie)),
    onFalse: () => Effect.succeed(false)
  })
