import { execFileSync } from "node:child_process"
import * as fs from "node:fs"

const PROC = "/proc"

const fromProc = (pid: string): string => {
  try {
    return `${pid} ${fs.readFileSync(`${PROC}/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`
  } catch {
    // The process has ended meanwhile.
    return ""
  }
}

/**
 * The running processes: the pid and the command line of each. A zombie has no command line. On Linux they are read from
 * `/proc`, because `ps` costs ten times as much.
 */
const list = (): ReadonlyArray<string> =>
  process.platform === "linux"
    ? fs
        .readdirSync(PROC)
        .filter((name) => /^\d+$/.test(name))
        .map(fromProc)
    : execFileSync("ps", ["-axww", "-o", "pid=,args="], { encoding: "utf8" }).split("\n")

/** The running processes whose command line holds all of these parts: for each its pid and its command line. */
export const commandLines = (...parts: ReadonlyArray<string>): ReadonlyArray<string> =>
  list().filter((line) => parts.every((part) => line.includes(part)))
