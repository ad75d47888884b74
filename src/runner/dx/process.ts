import { Effect, type Context } from "effect"
import { ProcessIdentity, type Exec } from "../../exec/Exec.ts"
import type { StatusRow } from "./jobs.ts"

/** Seconds by which a process may be younger than the note of its pid: two clocks, each rounded down. */
const ROUNDING = 5

/** `[[dd-]hh:]mm:ss` → seconds. */
const elapsed = (etime: string): number | undefined => {
  const match = /^(?:(?:(\d{1,6})-)?(\d{1,2}):)?(\d{1,3}):(\d{2})$/.exec(etime)
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match ?? []
  return match === null
    ? undefined
    : Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}

/** What `ps -o pgid= -o etime=` says of one process: its group, and its age in seconds. */
export const processLine = (stdout: string): { readonly group: number; readonly age: number } | undefined => {
  const [group = "", etime = ""] = stdout.trim().split(/\s+/)
  const age = elapsed(etime)
  return !/^\d{1,9}$/.test(group) || Number(group) < 2 || age === undefined ? undefined : { group: Number(group), age }
}

/** Whose process stands behind a row of `status`. */
type Behind =
  | { readonly _tag: "Own"; readonly process: ProcessIdentity; readonly leader: ProcessIdentity }
  | { readonly _tag: "Nobody" }
  | { readonly _tag: "Stranger" }
  | { readonly _tag: "Unknown" }

/**
 * Whose process stands behind a row of `status`: the job's own, with the group it belongs to, nobody's, a stranger's
 * that was given the same number, or one of which that cannot be told. The runner believes its pid file blindly; a
 * process that is younger than the file cannot be the job's.
 */
export const processBehind = Effect.fn("dx-runner.process")(function* (
  exec: Context.Tag.Service<Exec>,
  row: StatusRow
): Effect.fn.Return<Behind> {
  const own = row.job.pid === undefined ? undefined : yield* exec.identify(row.job.pid)
  if (own === undefined) return { _tag: "Nobody" }
  const ps = yield* exec
    .run({
      command: "ps",
      args: ["-o", "pgid=", "-o", "etime=", "-p", String(own.pid)],
      cwd: "/",
      timeout: "10 seconds"
    })
    .pipe(Effect.option)
  const line = ps._tag === "Some" ? processLine(ps.value.stdout) : undefined
  if (line === undefined || row.age === undefined) return { _tag: "Unknown" }
  if (line.age + ROUNDING < row.age) return { _tag: "Stranger" }
  // gemini's pid is not its group's leader, and the leader may have ended; the group cannot be anybody else's meanwhile.
  const leader = line.group === own.pid ? own : yield* exec.identify(line.group)
  return {
    _tag: "Own",
    process: own,
    leader: leader ?? ProcessIdentity.make({ pid: line.group, startedAt: own.startedAt, boot: own.boot })
  }
})
