import { Effect } from "effect"
import * as fs from "node:fs"
import { Exec } from "./Exec.ts"

/** Where this process runs. `undefined` where the system does not tell. */
export interface Place {
  /** It belongs to the main program of its container: its session is that of process 1. */
  readonly isOfMainProgram: boolean
  /** The process that leads its session. Also `undefined` if that process is outside of its container. */
  readonly session: number | undefined
  /** The paths of its control groups. */
  readonly cgroups: ReadonlyArray<string>
}

const read = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/** The session of a process. 0 if its leader is outside of the container. */
const sessionOf = (pid: number | "self"): number | undefined => {
  const stat = read(`/proc/${pid}/stat`)
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3])
}

/** Where this process runs: known on Linux only. */
export const placeHere: Effect.Effect<Place> = Effect.sync(() => {
  const session = sessionOf("self")
  const lines = read("/proc/self/cgroup")?.split("\n") ?? []
  return {
    isOfMainProgram: process.pid === 1 || (session !== undefined && session === sessionOf(1)),
    session: session === 0 ? undefined : session,
    cgroups: lines.map((line) => line.split(":").slice(2).join(":"))
  }
})

/** The systemd service of a control group, and whether it is one of the user manager. `undefined` for a scope. */
const serviceIn = (path: string) => {
  const units = path.split("/").filter((part) => /\.(service|scope)$/.test(part))
  const unit = units.at(-1)
  if (unit === undefined || !unit.endsWith(".service") || unit.startsWith("user@")) return undefined
  return { unit, ofUser: units.some((name) => name.startsWith("user@")) }
}

/** What systemd says about a service. `undefined` if it does not answer. */
const askSystemd = Effect.fnUntraced(function* ({ ofUser, unit }: { readonly unit: string; readonly ofUser: boolean }) {
  const exec = yield* Exec
  const args = [...(ofUser ? ["--user"] : []), "show", "--property=KillMode,MainPID", unit]
  const answer = yield* Effect.option(
    exec.run({ tool: "system", command: "systemctl", args, cwd: "/", timeout: "3 seconds" })
  )
  if (answer._tag === "None" || answer.value.exitCode !== 0) return undefined
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(answer.value.stdout)?.[1]
  return { killMode: value("KillMode"), mainPid: Number(value("MainPID")) }
})

/**
 * Why a process that this program starts ends with this program although it has a session of its own: the container ends, or
 * systemd ends the whole service. `undefined` if it goes on, or if that cannot be told. `isScoped`: it has a control group of
 * its own, which systemd leaves alone.
 *
 * @example
 * yield* endsWithUs({ isScoped: false }) // "systemd ends all of nightly.service with this run (KillMode=control-group) …"
 */
export const endsWithUs = Effect.fn("endsWithUs")(function* (
  { isScoped }: { readonly isScoped: boolean },
  where: Effect.Effect<Place> = placeHere
): Effect.fn.Return<string | undefined, never, Exec> {
  const { cgroups, isOfMainProgram, session } = yield* where
  if (isOfMainProgram) return "this run is the main program of its container, which ends with it"
  const service = isScoped ? undefined : cgroups.map(serviceIn).find((found) => found !== undefined)
  if (service === undefined) return undefined
  const asked = yield* askSystemd(service)
  // The main process of another service, such as cron's, goes on after this run.
  if (asked === undefined || asked.mainPid !== session) return undefined
  const { killMode } = asked
  return killMode === "control-group" || killMode === "mixed"
    ? `systemd ends all processes of ${service.unit} with this run (KillMode=${killMode}; set KillMode=process)`
    : undefined
})
