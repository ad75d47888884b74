import { Clock, DateTime, Effect, Either } from "effect"
import { BootClock } from "../../domain/BootClock.ts"
import type { Settings } from "../../domain/Settings.ts"
import { Exec } from "../../exec/Exec.ts"
import { freeSpace } from "../../exec/freeSpace.ts"
import { lacksTempDirectory, shortage } from "../../host/HostRoom.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import type { CronRun, Known } from "./cronRun.ts"
import { ok, problem, warning, type Finding } from "./Finding.ts"
import { INSTALL } from "./tool.ts"

export interface NodeFacts {
  /** The node that cron would start, and its version: `v20.20.2`. Left: why it starts none. */
  readonly node: Known<{ readonly path: string; readonly version: string }>
  /** The program that cron would start, and this one; the former is `undefined` if no script of ours tells. */
  readonly program: { readonly cron: string | undefined; readonly here: string; readonly version: string }
}

/** The node that cron's PATH has: a line that starts our program needs it. */
const nodeOnPath = Effect.gen(function* () {
  const exec = yield* Exec
  const path = yield* exec.which("node")
  if (path === undefined) return Either.left("there is no node on cron's PATH")
  const spec = { tool: "system", command: path, args: ["--version"], cwd: "/", timeout: "5 seconds" } as const
  return Either.map(yield* inTime(exec.run(spec)), ({ stdout }) => ({ path, version: stdout.trim() }))
})

export const gatherNode = (run: CronRun, here: string, version: string) =>
  Effect.map(
    run.probed === undefined
      ? nodeOnPath
      : Effect.succeed(Either.map(run.probed, ({ node, version }) => ({ path: node, version }))),
    (node): NodeFacts => {
      const cron = run.probed === undefined || Either.isLeft(run.probed) ? undefined : run.probed.right.program
      return { node, program: { cron: run.isAssumed ? undefined : cron, here, version } }
    }
  )

/** The oldest version that runs the program. */
const OLDEST = [20, 18] as const

const isTooOld = (version: string): boolean | undefined => {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? []
  if (major === undefined || minor === undefined) return undefined
  return Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])
}

export const nodeFindings = ({ node, program }: NodeFacts): ReadonlyArray<Finding> => {
  if (Either.isLeft(node)) return [problem("node", `cron would start no program: ${node.left}`, INSTALL)]
  const { path, version } = node.right
  const old = isTooOld(version)
  const other =
    program.cron === undefined || program.cron === program.here
      ? []
      : [warning("node", `cron starts ${program.cron}, and you started ${program.here}`, INSTALL)]
  if (old === undefined) return [warning("node", `cannot tell the version of ${path}: it says "${version}"`), ...other]
  return [
    old
      ? problem(
          "node",
          `node ${version.slice(1)} (${path}) is too old: 20.18 or later is needed`,
          `install it, then: ${INSTALL}`
        )
      : ok("node", `node ${version.slice(1)} (${path}) · program ${program.version}`),
    ...other
  ]
}

export interface ClockFacts {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whether the boot can be named, so that the times of two processes can be compared. */
  readonly hasBoot: boolean
  /** Whether a time server sets it. Left: this host does not tell. */
  readonly isInSync: Known<boolean>
}

/** Whether the kernel's clock is set by a time server, which systemd's timedatectl tells; without systemd it is not known. */
const timeSync = Effect.gen(function* () {
  const args = ["show", "--property=NTPSynchronized", "--value"]
  const exec = yield* Exec
  const asked = yield* inTime(
    exec.run({ tool: "system", command: "timedatectl", args, cwd: "/", timeout: "5 seconds" })
  )
  return Either.flatMap(asked, ({ stdout }) => {
    const answer = stdout.trim()
    return answer === "yes" || answer === "no"
      ? Either.right(answer === "yes")
      : Either.left("timedatectl does not tell")
  })
})

export const gatherClock = Effect.gen(function* () {
  const [{ now: boot }, now] = yield* Effect.all([BootClock, Clock.currentTimeMillis])
  const hasBoot = !(yield* boot).boot.startsWith("of one process")
  return { now, hasBoot, isInSync: yield* timeSync } satisfies ClockFacts
})

/** A host whose battery is empty starts in 1970 or in the year of its firmware. */
const YEARS = [2025, 2100] as const

const NO_BOOT = warning(
  "clock",
  "this boot has no name here, so a run cannot tell how long the jobs of another run have run"
)

export const clockFindings = ({ hasBoot, isInSync, now }: ClockFacts): ReadonlyArray<Finding> => {
  const mend = "sudo timedatectl set-ntp true"
  const year = DateTime.toPartsUtc(DateTime.unsafeMake(now)).year
  if (year < YEARS[0] || year >= YEARS[1]) {
    return [problem("clock", `the host's clock says the year ${year}, so leases and schedules are wrong`, mend)]
  }
  const time = `${DateTime.formatIso(DateTime.unsafeMake(now)).slice(0, 16)}Z`
  const boot = hasBoot ? [] : [NO_BOOT]
  if (Either.isRight(isInSync) && !isInSync.right) {
    return [
      warning("clock", `${time}: no time server sets the clock, so runs and leases may be early or late`, mend),
      ...boot
    ]
  }
  const sync = Either.isRight(isInSync) ? "in sync with a time server" : "whether a time server sets it is unknown"
  return hasBoot ? [ok("clock", `${time}, ${sync}`)] : boot
}

export interface RoomFacts {
  /** Why there is no directory for temporary files; `undefined` if there is one. */
  readonly noTemp: string | undefined
  /** Left: it cannot be measured. `lack`: the shortage in words. */
  readonly places: ReadonlyArray<
    Known<{ readonly directory: string; readonly bytes: number | undefined; readonly lack: string | undefined }>
  >
}

export const gatherRoom = (limits: Settings["limits"], directories: ReadonlyArray<string>, tempDir: string) =>
  Effect.all({
    noTemp: lacksTempDirectory(tempDir),
    places: Effect.forEach(directories, (directory) =>
      freeSpace(directory).pipe(
        Effect.map((free) => ({ directory, bytes: free.bytes, lack: shortage(directory, free, limits) })),
        Effect.mapError((why) => ({ message: `cannot measure the free space for ${directory}: ${why}` })),
        (measured) => inTime(measured)
      )
    )
  }) satisfies Effect.Effect<RoomFacts>

export const GIB = 1024 ** 3
export const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`

export const roomFindings = ({ noTemp, places }: RoomFacts): ReadonlyArray<Finding> => {
  // As a run has it.
  if (noTemp !== undefined) return [problem("room", noTemp, "set TMPDIR in the crontab, or make the directory")]
  const bad = places.flatMap((place) => {
    if (Either.isLeft(place)) return [warning("room", place.left)]
    const { lack } = place.right
    return lack === undefined
      ? []
      : [problem("room", lack, "nightly-dispatch prune --dry-run, or lower limits.minFreeDisk")]
  })
  if (bad.length > 0) return bad
  const least = Math.min(...places.map((place) => (Either.isRight(place) ? (place.right.bytes ?? Infinity) : Infinity)))
  return [ok("room", Number.isFinite(least) ? `${gib(least)} free where a run writes` : "no limit where a run writes")]
}
