import * as fs from "node:fs"
import * as path from "node:path"
import type { WorldMachine } from "../machine/WorldMachine.ts"

/** What one machine takes after a tick. Sizes are in KiB. */
export interface Sizes {
  readonly tick: number
  readonly bugs: number
  /** The journal with its write-ahead log. */
  readonly journal: number
  /** The state directory, journal included. */
  readonly state: number
  /** Files of the state directory and of TMPDIR, without worktrees. */
  readonly files: number
  /** The largest resident size of a dispatcher's process. */
  readonly memory: number
}

const filesBelow = (directory: string): ReadonlyArray<string> =>
  fs.existsSync(directory)
    ? fs
        .readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
    : []

/** In bytes; 0 for a file that was removed meanwhile. */
const sizeOf = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0

const kib = (files: ReadonlyArray<string>): number =>
  Math.round(files.reduce((sum, file) => sum + sizeOf(file), 0) / 1024)

/** Looks only at names and sizes: opening the journal in this process would cancel its locks. */
export const sizesOf = (machine: WorldMachine, tick: number, memory: number): Sizes => {
  const state = filesBelow(machine.at("state"))
  const temporary = fs
    .readdirSync(machine.at("tmp"))
    .filter((name) => name !== "agents")
    .flatMap((name) => filesBelow(machine.at(`tmp/${name}`)))
  return {
    tick,
    bugs: machine.bugs.length,
    journal: kib(state.filter((file) => path.basename(file).startsWith("journal.db"))),
    state: kib(state),
    files: state.length + temporary.length,
    memory
  }
}

/** The largest resident size of a process until now, in KiB; 0 if it has ended. */
export const peakOf = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0)
  } catch {
    return 0
  }
}

export const inRows = (all: ReadonlyArray<Sizes>): string => {
  const row = (cells: ReadonlyArray<string | number>) => cells.map((cell) => String(cell).padStart(10)).join("")
  const rows = all.map(({ bugs, files, journal, memory, state, tick }) =>
    row([tick, bugs, journal, state, files, memory])
  )
  return [row(["tick", "bugs", "journal", "state", "files", "memory"]), ...rows, "(sizes in KiB)"].join("\n")
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Samples that a judgement of growth needs. */
const ENOUGH = 12
/** Random faults leave more at one time than at another. */
const TOLERANCE = 1.5

/** What grows: its median in the last third is much larger than in the middle third, when old things are removed already. */
export const growthIn = (all: ReadonlyArray<Sizes>): ReadonlyArray<string> => {
  if (all.length < ENOUGH) return []
  const third = Math.floor(all.length / 3)
  return (["journal", "state", "files", "memory"] as const).flatMap((name) => {
    const of = (part: ReadonlyArray<Sizes>) => median(part.map((sizes) => sizes[name]))
    const [middle, last] = [of(all.slice(third, 2 * third)), of(all.slice(2 * third))]
    return last > middle * TOLERANCE ? [`${name} grows: from ${middle} to ${last}`] : []
  })
}
