import { Effect } from "effect"
import * as fs from "node:fs"
import { codeOf, messageOf } from "./causes.ts"
import { attemptIn, isGone, ProcessUnreadable, type ProcessRow, type ProcessTable } from "./processTable.ts"

/** The calls that read /proc; a test may let them fail. */
export interface ProcFiles {
  readonly read: (path: string) => string
  readonly link: (path: string) => string
  readonly list: (path: string) => ReadonlyArray<string>
  /** Fails as `process.kill(pid, 0)` does. */
  readonly probe: (pid: number) => void
}

// Without another thread: `/proc` is in memory, and the switch to a thread costs nine times as much as the read.
export const procFiles: ProcFiles = {
  read: (path) => fs.readFileSync(path, "utf8"),
  link: (path) => fs.readlinkSync(path),
  list: (path) => fs.readdirSync(path),
  probe: (pid) => void process.kill(pid, 0)
}

const fromStat = (pid: number, stat: string): ProcessRow | undefined => {
  // The command's name is in parentheses and may itself contain spaces and parentheses: count from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [state, parent, group] = fields
  const startedAt = fields[19]
  return state === undefined || parent === undefined || group === undefined || startedAt === undefined
    ? undefined
    : { pid, parent: Number(parent), group: Number(group), startedAt, zombie: state === "Z" || state === "X" }
}

/** Linux: the table in /proc, without starting a process. */
export const procTableOn = (files: ProcFiles): ProcessTable => {
  /** `undefined` if the process has ended. */
  const ask = <A>(source: string, action: () => A): Effect.Effect<A | undefined, ProcessUnreadable> =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(action())
      } catch (cause) {
        if (isGone(codeOf(cause))) return Effect.sync((): A | undefined => undefined)
        return new ProcessUnreadable({ source, detail: messageOf(cause) })
      }
    })
  const must = <A>(source: string, action: () => A): Effect.Effect<A, ProcessUnreadable> =>
    Effect.filterOrFail(
      ask(source, action),
      (answer) => answer !== undefined,
      () => new ProcessUnreadable({ source, detail: "there is no such entry" })
    )

  /** A container may have mounted the /proc of another pid namespace: then its numbers mean other processes. */
  const ownProc = Effect.filterOrFail(
    must("/proc/self", () => files.link("/proc/self")),
    (self) => self === String(process.pid),
    () => new ProcessUnreadable({ source: "/proc", detail: "it shows another pid namespace, not ours" })
  )
  const rowOf = (pid: number) =>
    Effect.map(
      ask(`/proc/${pid}/stat`, () => files.read(`/proc/${pid}/stat`)),
      (stat) => (stat === undefined ? undefined : fromStat(pid, stat))
    )
  /** With the mount option hidepid, /proc has no entry for another user's process, but a signal still finds the process. */
  const hidden = (pid: number) =>
    Effect.flatMap(
      ask(`process ${pid}`, () => (files.probe(pid), true)),
      (found) =>
        found === undefined
          ? Effect.sync((): ProcessRow | undefined => undefined)
          : new ProcessUnreadable({ source: `/proc/${pid}`, detail: "the process exists, but /proc does not show it" })
    )
  const row: ProcessTable["row"] = (pid) =>
    Effect.zipRight(
      ownProc,
      Effect.flatMap(rowOf(pid), (found) => (found === undefined ? hidden(pid) : Effect.succeed(found)))
    )
  const pids = Effect.map(
    Effect.zipRight(
      ownProc,
      must("/proc", () => files.list("/proc"))
    ),
    (names) => names.filter((name) => /^\d+$/.test(name)).map(Number)
  )
  /** The answers that can be had; a process may end, or belong to another user. */
  const each = <A>(asked: ReadonlyArray<number>, answer: (pid: number) => A): ReadonlyMap<number, A> =>
    new Map(
      asked.flatMap((pid) => {
        try {
          return [[pid, answer(pid)] as const]
        } catch {
          return []
        }
      })
    )

  return {
    row,
    rows: Effect.map(Effect.flatMap(pids, Effect.forEach(rowOf)), (rows) =>
      rows.filter((found) => found !== undefined)
    ),
    boot: Effect.map(
      must("/proc/sys/kernel/random/boot_id", () => files.read("/proc/sys/kernel/random/boot_id")),
      (id) => id.trim()
    ),
    namespace: Effect.zipRight(
      ownProc,
      must("/proc/self/ns/pid", () => files.link("/proc/self/ns/pid"))
    ),
    attempts: Effect.map(pids, (asked) => each(asked, (pid) => attemptIn(files.read(`/proc/${pid}/environ`), "\0"))),
    directories: (asked) => Effect.sync(() => each(asked, (pid) => files.link(`/proc/${pid}/cwd`))),
    commandLine: (pid) =>
      Effect.sync(
        () =>
          each([pid], () => files.read(`/proc/${pid}/cmdline`))
            .get(pid)
            ?.replaceAll("\0", " ")
            .trim() ?? ""
      )
  }
}

export const procTable: ProcessTable = procTableOn(procFiles)
