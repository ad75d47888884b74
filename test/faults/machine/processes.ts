import * as fs from "node:fs"

/** Whether a process runs. A zombie does not. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

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
