import { readFileSync } from "node:fs"

/**
 * The milliseconds that this thread has used of a processor, so that other programs do not count. Elsewhere than on Linux: that
 * all threads have used, also those that collect garbage.
 */
export const cpuTime = (): number => {
  if (process.platform === "linux") {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1_000_000
  }
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}
