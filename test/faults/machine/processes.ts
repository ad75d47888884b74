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

/** State, parent and start time of a process, from one file. */
const statOf = (pid: string): { readonly state: string; readonly parent: number; readonly start: number } => {
  const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
  const [state = "", parent, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return { state, parent: Number(parent), start: Number(rest[17]) }
}

let ownStart: number | undefined

const runningOf = (pid: string): ReadonlyArray<Running> => {
  const text = (name: string) => fs.readFileSync(`/proc/${pid}/${name}`, "utf8")
  try {
    const { parent, start, state } = statOf(pid)
    // What is older than this process belongs to no machine. One file tells, and a look is repeated often.
    ownStart ??= statOf("self").start
    if (start < ownStart || state === "Z" || state === "X") return []
    const argv = text("cmdline").split("\0").slice(0, -1)
    return [
      { pid: Number(pid), parent, argv, cwd: fs.readlinkSync(`/proc/${pid}/cwd`), environment: `\0${text("environ")}` }
    ]
  } catch {
    // It has ended meanwhile, or is a kernel thread.
    return []
  }
}

const allRunning = (): ReadonlyArray<Running> =>
  fs
    .readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap(runningOf)

/** The processes of a machine: `root` is in their environment, in their command line or in their working directory. */
export const processesBelow = (root: string): ReadonlyArray<Running> =>
  allRunning().filter(({ argv, cwd, environment }) => [environment, cwd, ...argv].some((text) => text.includes(root)))

/** The other processes whose environment names `root`, each as `pid command line`. */
const processesOf = (root: string): ReadonlyArray<string> =>
  allRunning()
    .filter(({ environment }) => environment.includes(root))
    .map(({ argv, pid }) => [pid, ...argv].join(" "))

/** Waits up to five seconds for the processes of `root` to end; gives those that still run. */
export const waitForProcesses = async (root: string): Promise<ReadonlyArray<string>> => {
  let running = processesOf(root)
  for (let look = 0; look < 50 && running.length > 0; look++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    running = processesOf(root)
  }
  return running
}
