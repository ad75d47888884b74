import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { codeOf, messageOf } from "../exec/causes.ts"
import { Exec } from "../exec/Exec.ts"

/** The text of a file; `undefined` if there is none. */
const textOf = (file: string): Promise<string | undefined> =>
  fs
    .readFile(file, "utf8")
    .catch((cause) => (/^ENO(?:ENT|TDIR)$/.test(codeOf(cause)) ? undefined : Promise.reject(cause)))

/** `MemAvailable`: what new programs can get without swapping. */
const MEM_AVAILABLE = /^MemAvailable:\s+(\d+) kB$/m

/** How the control groups of a kernel tell of memory: version 2, then version 1. */
const VERSIONS = [
  { line: /^0::(\/.*)$/m, root: "", limit: "memory.max", used: "memory.current", prefix: "" },
  {
    line: /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(\/.*)$/m,
    root: "memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    prefix: "total_"
  }
] as const

type Version = (typeof VERSIONS)[number]

/** What the kernel takes back by itself: the cache of files. It counts as used in a control group. */
const cacheIn = (stat: string, { prefix }: Version): number =>
  [...stat.matchAll(/^(\w+) (\d+)$/gm)]
    .filter(([, name]) => ["active_file", "inactive_file"].some((file) => name === `${prefix}${file}`))
    .reduce((sum, [, , bytes]) => sum + Number(bytes), 0)

/** What is left of the limit of one control group. Infinity if it has none. */
const leftIn = async (directory: string, version: Version): Promise<number> => {
  const limit = Number((await textOf(path.join(directory, version.limit))) ?? NaN)
  const used = Number((await textOf(path.join(directory, version.used))) ?? NaN)
  if (Number.isNaN(limit) || Number.isNaN(used)) return Infinity
  return Math.max(0, limit - used + cacheIn((await textOf(path.join(directory, "memory.stat"))) ?? "", version))
}

/** The group and all above it: each may have a limit. In a container the path may be the host's, and only the root is there. */
const groupsOf = (group: string): ReadonlyArray<string> => {
  const here = path.posix.normalize(group)
  return here === "/" ? ["/"] : [here, ...groupsOf(path.posix.dirname(here))]
}

const onLinux = async (proc: string, cgroups: string): Promise<number> => {
  const [, kib] = MEM_AVAILABLE.exec((await textOf(path.join(proc, "meminfo"))) ?? "") ?? []
  if (kib === undefined) throw new Error(`${proc}/meminfo has no MemAvailable`)
  const own = (await textOf(path.join(proc, "self/cgroup"))) ?? ""
  const left = VERSIONS.flatMap((version) =>
    groupsOf(version.line.exec(own)?.[1] ?? "/").map((group) =>
      leftIn(path.join(cgroups, version.root, group), version)
    )
  )
  return Math.min(Number(kib) * 1024, ...(await Promise.all(left)))
}

/**
 * The bytes of memory that Linux can give to new programs: `MemAvailable`, or what is left of the memory limit of our control
 * group, if that is less. What is swapped out counts neither way. Fails with the reason as text.
 *
 * @example
 * memoryOnLinux("/proc", "/sys/fs/cgroup") // 12e9
 */
export const memoryOnLinux = (proc: string, cgroups: string): Effect.Effect<number, string> =>
  Effect.tryPromise({ try: () => onLinux(proc, cgroups), catch: messageOf })

/** The pages that macOS can give to new programs. */
const GIVEN_BACK: ReadonlySet<string> = new Set(["free", "inactive", "speculative", "purgeable"])

/**
 * The available bytes of memory in the output of macOS' `vm_stat`; `undefined` if it does not tell.
 *
 * @example
 * memoryInVmStat("… (page size of 4096 bytes)\nPages free: 2.") // 8192
 */
export const memoryInVmStat = (text: string): number | undefined => {
  const [, size] = /page size of (\d+) bytes/.exec(text) ?? []
  const pages = [...text.matchAll(/^Pages (\w+): +(\d+)\.$/gm)].filter(([, kind = ""]) => GIVEN_BACK.has(kind))
  if (size === undefined || !pages.some(([, kind]) => kind === "free")) return undefined
  return pages.reduce((sum, [, , count]) => sum + Number(count), 0) * Number(size)
}

const onMac = Effect.gen(function* () {
  const exec = yield* Exec
  const spec = { tool: "system", command: "/usr/bin/vm_stat", args: [], cwd: "/", timeout: "5 seconds" } as const
  const { stdout } = yield* Effect.mapError(exec.run(spec), ({ message }) => message)
  return memoryInVmStat(stdout) ?? (yield* Effect.fail("vm_stat does not tell how many pages are free"))
})

/** The bytes of memory that this host can give to new programs. Fails with the reason as text. */
export const availableMemory: Effect.Effect<number, string, Exec> =
  process.platform === "linux"
    ? memoryOnLinux("/proc", "/sys/fs/cgroup")
    : process.platform === "darwin"
      ? onMac
      : Effect.fail(`not known how on ${process.platform}`)
