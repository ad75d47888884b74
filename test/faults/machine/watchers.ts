import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { call } from "../../fixtures/bd/main.js"
import { processesBelow, type Running } from "./processes.ts"
import { trackerEvents, trackerFile } from "./toolLogs.ts"
import { kill, textOf, type WorldMachine } from "./WorldMachine.ts"

const INJECTOR = new URL("watcherInjector.js", import.meta.url).href
const DIST = fileURLToPath(new URL("../../../dist", import.meta.url))
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url))

/** How many times faster a watcher's clock and timers run: it renews each second, not each ten seconds. */
const SPEED = 10

/** The settings of a machine with watchers. Claims are leases of half a minute; time limits are a watcher's. */
export const WATCHED = {
  NODE_OPTIONS: `--import ${INJECTOR}`,
  FAKE_WATCHER_SPEED: String(SPEED),
  FAKE_BD_VERSION: "1.2.1",
  FAKE_BD_LEASE_MS: "30000",
  NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "200 s",
  NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT: "80 s",
  NIGHTLY_DISPATCH_TIMEOUTS_ACK: "80 s",
  NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE: "400 s"
}

/** The environment of a dispatcher that starts a watcher. */
export const STARTS_WATCHER = { NIGHTLY_DISPATCH_WATCH: "auto" }

/**
 * The watchers of a machine: the processes of `nightly-dispatch watch`. A child of a watcher looks like it until it has become
 * its program.
 */
export const watchersOf = (machine: WorldMachine): ReadonlyArray<Running> => {
  const alike = processesBelow(machine.root).filter(
    ({ argv }) => argv.includes("watch") && argv[0] === process.execPath
  )
  const pids = new Set(alike.map(({ pid }) => pid))
  return alike.filter(({ parent }) => !pids.has(parent))
}

/** The process that has the watcher's place; 0 if there is none. */
export const placeOf = (machine: WorldMachine): number => {
  const text = textOf(machine.at("state/watch.db.holder"))
  return text === "" ? 0 : JSON.parse(text).process.pid
}

/** What watchers that were started by dispatchers have logged. */
export const logOf = (machine: WorldMachine): string => textOf(machine.at("state/watch.log"))

/** How often a claim was renewed so far. */
export const renewalsOf = (machine: WorldMachine, id: string): number =>
  trackerEvents(machine.root).filter((event) => event.action === "heartbeat" && event.id === id && event.done).length

/** The bugs whose lapsed claims were freed. */
export const reclaimedOn = (machine: WorldMachine): ReadonlyArray<string> =>
  trackerEvents(machine.root).flatMap(({ action, id }) => (action === "reclaim" ? [id] : []))

/** Frees lapsed claims again and again, as anybody may at any time. Gives the function that ends it. */
export const reclaimAgainAndAgain = (machine: WorldMachine): (() => void) => {
  const timer = setInterval(() => call(["reclaim"], machine.env), 200)
  return () => clearInterval(timer)
}

/** Sets how far the clock of watchers is ahead, in milliseconds. */
export const setAhead = (machine: WorldMachine, millis: number): void => {
  fs.writeFileSync(machine.at("ahead.new"), String(millis))
  fs.renameSync(machine.at("ahead.new"), machine.at("ahead"))
}

/** Frees a claim in the tracker, as a reverted transaction does. */
export const freeClaim = (machine: WorldMachine, id: string): void => {
  const state = JSON.parse(fs.readFileSync(trackerFile(machine.root), "utf8"))
  const { assignee: _, lease_expires_at: _lease, heartbeat_at: _heartbeat, ...issue } = state.issues[id]
  state.issues[id] = { ...issue, status: "open" }
  fs.writeFileSync(trackerFile(machine.root), JSON.stringify(state))
}

export const endWatchers = (machine: WorldMachine): void => {
  for (const { pid } of watchersOf(machine)) kill(pid)
}

/** A copy of the program in the machine's `dist`, which an upgrade may replace. Gives its path. */
export const installProgram = (machine: WorldMachine): string => {
  const directory = machine.at("dist")
  if (!fs.existsSync(machine.at("node_modules"))) fs.symlinkSync(MODULES, machine.at("node_modules"))
  fs.mkdirSync(directory, { recursive: true })
  for (const name of ["nightly-dispatch.js", "program.cjs", "program.cache"]) {
    fs.copyFileSync(path.join(DIST, name), path.join(directory, `${name}.new`))
    fs.renameSync(path.join(directory, `${name}.new`), path.join(directory, name))
  }
  return path.join(directory, "nightly-dispatch.js")
}
