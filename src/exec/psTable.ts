import { Effect } from "effect"
import { execFile } from "node:child_process"
import { codeOf } from "./causes.ts"
import { childEnvironment } from "./childEnvironment.ts"
import { attemptIn, isGone, ProcessUnreadable, type ProcessRow, type ProcessTable } from "./processTable.ts"

const MAC = process.platform === "darwin"
/** Milliseconds. */
const PATIENCE = 5000
const MAX_OUTPUT = 64 * 1024 * 1024

/** The standard output. Fails unless the exit code is 0, or is 1 and `quiet`. The C locale and UTC give times one format. */
const output = (
  command: string,
  args: ReadonlyArray<string>,
  quiet: "fails" | "mayFind" = "fails"
): Effect.Effect<string, ProcessUnreadable> =>
  Effect.async((resume) => {
    const env = childEnvironment("system", process.env, { LC_ALL: "C", TZ: "UTC" })
    execFile(command, args, { timeout: PATIENCE, env, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      const found = error === null || (quiet === "mayFind" && error.code === 1)
      const detail = stderr.trim().slice(0, 200) || error?.message || "no answer"
      resume(found ? Effect.succeed(stdout) : new ProcessUnreadable({ source: [command, ...args].join(" "), detail }))
    })
  })

const fromPs = (line: string): ReadonlyArray<ProcessRow> => {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(line)
  if (match === null) return []
  const [, pid, parent, group, state = "", startedAt = ""] = match
  return [{ pid: Number(pid), parent: Number(parent), group: Number(group), startedAt, zombie: /^[ZX]/.test(state) }]
}

const psRows = (selection: ReadonlyArray<string>, quiet?: "mayFind") =>
  Effect.map(output("ps", [...selection, "-o", "pid=,ppid=,pgid=,stat=,lstart="], quiet), (text) =>
    text.split("\n").flatMap(fromPs)
  )

/** `ps` also prints nothing for a process that it may not see. */
const exists = (pid: number): Effect.Effect<boolean> =>
  Effect.sync(() => {
    try {
      process.kill(pid, 0)
      return true
    } catch (cause) {
      return !isGone(codeOf(cause))
    }
  })

const row: ProcessTable["row"] = Effect.fnUntraced(function* (pid: number) {
  const found = (yield* psRows(["-p", String(pid)], "mayFind")).find((each) => each.pid === pid)
  if (found !== undefined || !(yield* exists(pid))) return found
  return yield* new ProcessUnreadable({ source: `ps -p ${pid}`, detail: "the process exists, but ps does not show it" })
})

const commandLines = (selection: ReadonlyArray<string>, quiet?: "mayFind") =>
  Effect.map(
    output("ps", selection, quiet),
    (text) =>
      new Map(
        text.split("\n").flatMap((line) => {
          const [, pid, command = ""] = /^\s*(\d+) (.*)$/.exec(line) ?? []
          return pid === undefined ? [] : [[Number(pid), command.trimEnd()] as const]
        })
      )
  )

const PLAIN = MAC ? ["-A", "-ww", "-o", "pid=,command="] : ["axww", "-o", "pid=,args="]
const WITH_ENVIRONMENT = MAC ? ["-A", "-E", "-ww", "-o", "pid=,command="] : ["axeww", "-o", "pid=,args="]

/** `ps` shows the environment behind the arguments. An argument may look like the variable, so the arguments are cut off. */
const attempts = Effect.map(
  Effect.all([commandLines(PLAIN), commandLines(WITH_ENVIRONMENT)]),
  ([plain, full]) =>
    new Map(
      [...full].flatMap(([pid, text]) => {
        const command = plain.get(pid)
        const shown = command !== undefined && text.startsWith(command) && text.length > command.length
        return shown ? [[pid, attemptIn(text.slice(command.length + 1), " ")] as const] : []
      })
    )
)

const fromLsof = (text: string): ReadonlyMap<number, string> => {
  const found = new Map<number, string>()
  let pid = 0
  for (const line of text.split("\n")) {
    if (line.startsWith("p")) pid = Number(line.slice(1))
    // lsof writes an unusual character as an escape: such a name is not the directory's.
    if (line.startsWith("n/") && !line.includes("\\")) found.set(pid, line.slice(1))
  }
  return found
}

const directories: ProcessTable["directories"] = (pids) =>
  pids.length === 0
    ? Effect.succeed(new Map())
    : output("lsof", ["-w", "-a", "-d", "cwd", "-Fpn", "-p", pids.join(",")], "mayFind").pipe(
        Effect.map(fromLsof),
        Effect.orElseSucceed(() => new Map<number, string>())
      )

const bootNames = MAC ? ["kern.bootsessionuuid", "kern.boottime"] : ["kernel.random.boot_id"]

/** macOS and other systems without `/proc`. Start times are in whole seconds. */
export const psTable: ProcessTable = {
  row,
  rows: Effect.filterOrFail(
    psRows(["-A"]),
    (rows) => rows.length > 0,
    () => new ProcessUnreadable({ source: "ps -A", detail: "it lists no process" })
  ),
  boot: Effect.firstSuccessOf(bootNames.map((name) => output("sysctl", ["-n", name]))).pipe(
    Effect.map((text) => text.trim()),
    Effect.filterOrFail(
      (text) => text !== "",
      () => new ProcessUnreadable({ source: "sysctl", detail: "it names no boot" })
    )
  ),
  namespace: Effect.sync((): string | undefined => undefined),
  attempts,
  directories,
  commandLine: (pid) =>
    commandLines(["-ww", "-o", "pid=,args=", "-p", String(pid)], "mayFind").pipe(
      Effect.map((lines) => lines.get(pid) ?? ""),
      Effect.orElseSucceed(() => "")
    )
}
