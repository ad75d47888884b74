import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import type { Injection, RunOptions } from "../machine/dispatcher.ts"
import type { Stage } from "../judge/stage.ts"
import { copyDirectory, kill, textOf, until, type WorldMachine } from "../machine/WorldMachine.ts"
import { endWatchers, STARTS_WATCHER } from "../machine/watchers.ts"
import type { Choices } from "./random.ts"

/** One tick of cron: what goes wrong in it, and how it is played. `later`: the clock, in milliseconds ahead. */
export interface Tick {
  readonly name: string
  readonly play: (context: {
    readonly stage: Stage
    readonly machine: WorldMachine
    readonly choices: Choices
    readonly later: number
  }) => Promise<unknown>
}

/** A dispatcher on a machine whose clock, also that of dx-runner, is so far ahead. */
export const at = (later: number, { env, ...options }: RunOptions = {}): RunOptions => ({
  ...options,
  later,
  env: { FAKE_DX_AHEAD: String(Math.round(later / 1000)), ...env }
})

/** Whatever a fault does, a dispatcher ends with one of these, or is killed. */
const CODES = [0, 1, 3, 4, 5, 6, 129, 130, 143, null] as const

/** Calls at which something may happen to a dispatcher. */
const POINTS = [
  "^bd list --status in_progress",
  "^bd list --status open",
  "^bd show",
  "^bd .*update .*--claim",
  "^bd .*update .*--status open",
  "^git .*worktree add",
  "^git .*worktree remove",
  "^dx-runner (start|report|preflight)",
  "^sh -c"
] as const

const pointOf = (choices: Choices): Omit<Injection, "act"> => ({
  at: `spawn:${choices.of(...POINTS)}`,
  when: choices.of("before", "during", "after"),
  nth: choices.between(1, 3)
})

const clean: Tick = { name: "nothing", play: ({ later, machine, stage }) => stage.run(machine, at(later), CODES) }

const struck = (act: string): Tick => ({
  name: act,
  play: ({ choices, later, machine, stage }) =>
    stage.run(machine, at(later, { injection: { ...pointOf(choices), act } }), CODES)
})

const toolFault: Tick = {
  name: "a tool's fault",
  play: ({ choices, later, machine, stage }) => {
    const fault = choices.of("exit:1", "garbage", "empty", "hang", "lie-yes", "lie-no")
    const bd = `${choices.of("list", "show", "update")}@${choices.between(1, 4)}=${fault}`
    const dx = `${choices.of("preflight", "start", "report")}=${choices.of(fault, "start-then-hang")}@1`
    const env = choices.chance(0.5) ? { FAKE_BD_FAULT: bd } : { FAKE_DX_FAULT: dx }
    return stage.run(machine, at(later, { env }), CODES)
  }
}

/** Another dispatcher runs while the first one is stopped; then the first goes on, or is killed. */
const frozen: Tick = {
  name: "SIGSTOP",
  play: async ({ choices, later, machine, stage }) => {
    let pid = 0
    let hasEnded = false
    const injection = { ...pointOf(choices), act: "SIGSTOP" }
    const first = stage
      .run(machine, at(later, { injection }), CODES, { onStart: (started) => (pid = started) })
      .finally(() => (hasEnded = true))
    await until(() => hasEnded || /^State:\s+T/m.test(textOf(`/proc/${pid}/status`)))
    await stage.run(machine, at(later + choices.of(60_000, 7_200_000)), CODES)
    if (pid > 0 && !hasEnded) kill(pid, choices.of("SIGCONT", "SIGKILL"))
    await first
  }
}

const fullDisk: Tick = {
  name: "a full disk",
  play: ({ choices, later, machine, stage }) => {
    const point = choices.of("journal:begin", "journal:Claimed", "journal:Starting", "journal:end", "write:.prompt")
    return stage.run(machine, at(later, { injection: { at: point, act: "full" } }), CODES)
  }
}

/** Holds the journal as another program may: `sqlite3` in a terminal. In a process, whose end gives it back. */
const HOLD = `
const Database = require("libsql")
new Database(process.argv[1]).exec("BEGIN IMMEDIATE")
setTimeout(() => {}, Number(process.argv[2]))
`

const lockedJournal: Tick = {
  name: "a locked journal",
  play: async ({ choices, later, machine, stage }) => {
    if (!fs.existsSync(machine.at("state/journal.db"))) return
    const time = String(choices.between(500, 8_000))
    const holder = spawn(process.execPath, ["-e", HOLD, machine.at("state/journal.db"), time], { stdio: "ignore" })
    const ended = once(holder, "exit")
    await until(() => false, choices.between(0, 500))
    await stage.run(machine, at(later, { process: true }), CODES)
    await ended
  }
}

/** The wall clock is wrong during one run. */
const clockJump: Tick = {
  name: "a wrong clock",
  play: ({ choices, later, machine, stage }) => {
    const jump = choices.of(-30, -3, 3, 30) * 3_600_000
    return stage.run(machine, at(later, { jump }), CODES)
  }
}

const together = (name: string, env: (machine: WorldMachine) => Readonly<Record<string, string>>): Tick => ({
  name,
  play: ({ later, machine, stage }) =>
    Promise.all([
      stage.run(machine, at(later, { process: true }), CODES),
      stage.run(machine, at(later, { process: true, env: env(machine) }), CODES)
    ])
})

/** A copy of the state directory is used once, as by a restored backup or a cloned machine. */
const copied: Tick = {
  name: "a copied state directory",
  play: async ({ choices, later, machine, stage }) => {
    const copy = machine.at(`copies/${choices.between(1, 1_000_000)}`)
    copyDirectory(machine.at("state"), copy)
    const args = [choices.of("run", "settle")]
    await stage.run(machine, at(later, { args, env: { NIGHTLY_DISPATCH_STATE_DIR: copy } }), CODES)
    await stage.run(machine, at(later), CODES)
  }
}

/** A run that leaves a watcher, which lives through the next ticks. */
const watching = (name: string, args: ReadonlyArray<string>): Tick => ({
  name,
  play: ({ later, machine, stage }) => stage.run(machine, at(later, { args, env: STARTS_WATCHER }), CODES)
})

/** The watchers are killed while a run is at work that starts others. */
const watcherKilled: Tick = {
  name: "a watcher is killed",
  play: async ({ choices, later, machine, stage }) => {
    const run = stage.run(machine, at(later, { env: STARTS_WATCHER }), CODES)
    await until(() => false, choices.between(0, 3_000))
    endWatchers(machine)
    await run
  }
}

/** Each tick is one of these. A tick without a fault is the most frequent one. */
export const TICKS = [
  clean,
  clean,
  clean,
  clean,
  struck("kill"),
  struck("kill"),
  struck("SIGTERM"),
  toolFault,
  toolFault,
  frozen,
  together("two dispatchers", () => ({})),
  together("two state directories", (machine) => ({ NIGHTLY_DISPATCH_STATE_DIR: machine.at("statf") })),
  copied,
  watching("run with a watcher", ["run"]),
  watching("run with a watcher", ["run"]),
  watching("settle with a watcher", ["settle"]),
  watcherKilled,
  fullDisk,
  lockedJournal,
  clockJump,
  clockJump
] as const
