import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { AGENT, agentScript, WAITS } from "./agents.ts"
import { bug, Machine } from "./Machine.ts"
import { isAlive, processesBelow, type Running } from "./processes.ts"
import { trackerFile, trackerIssues } from "./toolLogs.ts"

export interface WorldOptions {
  /** `dx`: the fake dx-runner. `local`: the embedded runner. Both start the agent of `agents.ts`. */
  readonly runner: "dx" | "local"
  /** The open bugs of its tracker. */
  readonly bugs?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** No tool hangs here, so a busy host must not fail a run. */
const LIMITS = {
  NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "20 s",
  NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT: "8 s",
  NIGHTLY_DISPATCH_TIMEOUTS_ACK: "8 s",
  NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE: "40 s"
}

/** Titles that differ by more than a number: else the second bug would count as a duplicate of the first. */
const titleOf = (number: number): string =>
  `report ${[...String(number)].map((digit) => "abcdefghij"[Number(digit)]).join("")} is empty`

/** Ends a process, unless it has ended by itself. */
export const kill = (pid: number, signal: NodeJS.Signals = "SIGKILL"): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

/** A file's text; empty if there is none. */
export const textOf = (file: string): string => {
  try {
    return fs.readFileSync(file, "utf8")
  } catch (error) {
    // It may go between a look for it and the reading.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return ""
    throw error
  }
}

/**
 * Waits for a condition; gives whether it came to hold within the time, in milliseconds. Looking takes a fifth of the time at
 * most: a look at the process table takes long.
 */
export const until = async (condition: () => boolean, patience = 30_000): Promise<boolean> => {
  const end = Date.now() + patience
  for (;;) {
    const begin = performance.now()
    if (condition()) return true
    if (Date.now() >= end) return false
    const pause = Math.max(20, 4 * (performance.now() - begin))
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/**
 * A machine whose agents run one script with either runner. They are counted in the process table, whatever the runner says
 * about them.
 */
export class WorldMachine extends Machine {
  /** The bugs of its tracker. */
  readonly bugs: Array<string> = []

  constructor({ bugs = ["bd-1"], env = {}, runner }: WorldOptions) {
    super()
    const agent = this.at(AGENT)
    const provider = { name: "opencode", command: [agent, "{promptFile}"], maxParallel: 4 }
    fs.writeFileSync(this.at("home/settings.yaml"), JSON.stringify({ providers: [provider] }), { mode: 0o600 })
    fs.writeFileSync(agent, agentScript(this.root), { mode: 0o700 })
    for (const name of ["working", "sleeps"]) fs.mkdirSync(this.at(name))
    this.agentsDo(WAITS)
    const local = { NIGHTLY_DISPATCH_RUNNER_BACKEND: "local", NIGHTLY_DISPATCH_CONFIG: this.at("home/settings.yaml") }
    const dx = {
      FAKE_DX_AGENT: `exec "${agent}" "$PROMPT_FILE"`,
      DX_RUNNER_EXTRA_ALLOWED_PREFIXES: this.at("tmp/agents")
    }
    Object.assign(this.env, LIMITS, runner === "local" ? local : dx, env)
    fs.writeFileSync(trackerFile(this.root), '{"issues":{},"calls":{}}')
    for (const id of bugs) this.addBug(id)
  }

  addBug(id: string): void {
    const state = JSON.parse(fs.readFileSync(trackerFile(this.root), "utf8"))
    state.issues[id] = bug(id, titleOf(this.bugs.push(id)))
    fs.writeFileSync(trackerFile(this.root), JSON.stringify(state))
  }

  /** The work of the agents that start from now on: one of `agents.ts`. */
  agentsDo(behaviour: string): void {
    fs.writeFileSync(this.at("behaviour"), behaviour)
  }

  /** Its agents. A subshell has its parent's command line and does not count. */
  agents(): ReadonlyArray<Running & { readonly id: string }> {
    const all = processesBelow(this.root).filter(({ argv }) => argv[1] === this.at(AGENT))
    const pids = new Set(all.map(({ pid }) => pid))
    return all
      .filter(({ parent }) => !pids.has(parent))
      .map((agent) => Object.assign(agent, { id: path.basename(agent.argv[2] ?? "", ".prompt") }))
  }

  override running(): ReadonlyArray<string> {
    return this.agents().map(({ id }) => id)
  }

  /** The bugs of the agents that have begun, one entry for each agent. */
  begun(): ReadonlyArray<string> {
    return textOf(this.at("begun")).split("\n").slice(0, -1)
  }

  /** The bugs at which an agent began while an earlier one, or what an earlier one left in its worktree, was at work. */
  overlaps(): ReadonlyArray<string> {
    return textOf(this.at("overlaps")).split("\n").slice(0, -1)
  }

  /** The processes that work in a bug's worktree. */
  inWorktree(id: string): ReadonlyArray<Running> {
    return processesBelow(this.root).filter(({ cwd }) => cwd.startsWith(this.at(`tmp/agents/${id}/`)))
  }

  /** The processes that agents left and that work outside of the worktrees. */
  daemons(): ReadonlyArray<Running> {
    return processesBelow(this.root).filter(({ argv }) => argv.includes("daemon"))
  }

  /** The bugs that a dispatcher holds. */
  claimed(): ReadonlyArray<string> {
    return trackerIssues(this.root).flatMap(({ assignee, id }) =>
      assignee.startsWith("nightly-dispatch/") ? [id] : []
    )
  }

  /** The bugs that have a worktree. */
  worktrees(): ReadonlyArray<string> {
    return fs.existsSync(this.at("tmp/agents")) ? fs.readdirSync(this.at("tmp/agents")) : []
  }

  /** Whether a dispatcher of this machine runs in a process of its own. */
  dispatches(): boolean {
    return processesBelow(this.root).some(({ argv }) => argv[0] === process.execPath && argv.includes("--json"))
  }

  /** Lets the agents of a bug end by themselves, and waits for it. */
  async endAgents(id: string): Promise<void> {
    const pid = Number(textOf(this.at(`sleeps/${id}`)))
    if (pid > 1 && isAlive(pid)) kill(pid)
    await until(() => !this.running().includes(id))
  }

  /** Ends all its processes at once, as a power cut does. */
  powerCut(): void {
    const all = processesBelow(this.root)
    // A supervisor that outlives its agent by a moment would record its end.
    for (const { pid } of all) kill(pid, "SIGSTOP")
    for (const { pid } of all) kill(pid)
  }

  /** Ends the agents and all that they left. */
  endAllAgents(): void {
    for (const { argv, cwd, environment, pid } of processesBelow(this.root)) {
      const isAgents = environment.includes("\0AGENT_OF=") || cwd.startsWith(this.at("tmp/agents"))
      if (isAgents || argv.includes("daemon") || argv.includes("launcher")) kill(pid)
    }
  }

  override async remove(): Promise<ReadonlyArray<string>> {
    this.endAllAgents()
    // An agent may have been about to start a process.
    this.endAllAgents()
    return super.remove()
  }
}

/**
 * Copies a directory by a process of its own: to close a database's file in this process would cancel the locks of every
 * connection that this process has to it.
 */
export const copyDirectory = (from: string, to: string): void => {
  fs.mkdirSync(path.dirname(to), { recursive: true })
  const { status, stderr } = spawnSync("cp", ["-a", from, to])
  if (status !== 0) throw new Error(String(stderr))
}
