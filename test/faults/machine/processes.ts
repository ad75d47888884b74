import * as fs from "node:fs"

/** Whether a process runs. A zombie does not. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** A process that runs. */
export interface Running {
  readonly pid: number
  readonly parent: number
  readonly argv: ReadonlyArray<string>
  readonly cwd: string
  /** As in /proc: NUL-separated, with one in front. */
  readonly environment: string
}

const runningOf = (pid: string): ReadonlyArray<Running> => {
  const text = (name: string) => fs.readFileSync(`/proc/${pid}/${name}`, "utf8")
  try {
    if (Number(pid) === process.pid || !isAlive(Number(pid))) return []
    const argv = text("cmdline").split("\0").slice(0, -1)
    const parent = Number(/^PPid:\s+(\d+)/m.exec(text("status"))?.[1] ?? 0)
    const cwd = fs.readlinkSync(`/proc/${pid}/cwd`)
    return [{ pid: Number(pid), parent, argv, cwd, environment: `\0${text("environ")}` }]
  } catch {
    // It has ended meanwhile, or is a kernel thread.
    return []
  }
}

/** The processes of a machine: `root` is in their environment, in their command line or in their working directory. */
export const processesBelow = (root: string): ReadonlyArray<Running> =>
  fs
    .readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap(runningOf)
    .filter(({ argv, cwd, environment }) => [environment, cwd, ...argv].some((text) => text.includes(root)))

/** The other processes whose environment names `root`, each as `pid command line`. */
const processesOf = (root: string): ReadonlyArray<string> =>
  fs.readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    try {
      const environment = fs.readFileSync(`/proc/${pid}/environ`, "utf8")
      if (!environment.includes(root) || !isAlive(Number(pid))) return []
      return [`${pid} ${fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`]
    } catch {
      return []
    }
  })

/** Waits up to five seconds for the processes of `root` to end; gives those that still run. */
export const waitForProcesses = async (root: string): Promise<ReadonlyArray<string>> => {
  let running = processesOf(root)
  for (let look = 0; look < 50 && running.length > 0; look++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    running = processesOf(root)
  }
  return running
}
