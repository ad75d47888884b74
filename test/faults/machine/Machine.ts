import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { isAlive, waitForProcesses } from "./processes.ts"
import { runnerEvents, trackerFile } from "./toolLogs.ts"

const STAND_INS = ["../program", "../bin"].map((name) => fileURLToPath(new URL(name, import.meta.url))).join(":")
const FIXTURES = fileURLToPath(new URL("../../fixtures/bin", import.meta.url))

/** The PATH of a dispatcher without the tools that the test's process answers. */
export const PROGRAMS = `${FIXTURES}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`

export const BUGS = ["bd-1", "bd-2"] as const

const DIRECTORIES = ["home", "beads", "state", "tmp", "dx", "repo"]

/** An open bug, as the fake bd keeps it. */
export const bug = (id: string, title: string) => ({
  id,
  title,
  status: "open",
  priority: 1,
  issue_type: "bug",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z"
})

const TRACKER = {
  issues: { "bd-1": bug("bd-1", "the parser loses a row"), "bd-2": bug("bd-2", "totals are rounded twice") },
  calls: {}
}

/** A machine below one directory, with two bugs, the fake tools, a repository and a state directory. */
export class Machine {
  readonly root: string
  /** The environment of every dispatcher on it. */
  readonly env: NodeJS.ProcessEnv

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), "nd-faults-"))
    for (const name of DIRECTORIES) fs.mkdirSync(this.at(name))
    this.env = {
      PATH: `${STAND_INS}:${PROGRAMS}`,
      HOME: this.at("home"),
      TMPDIR: this.at("tmp"),
      BEADS_DIR: this.at("beads"),
      DX_RUNNER_EXTRA_ALLOWED_PREFIXES: this.at("tmp"),
      FAKE_DX_DIR: this.at("dx"),
      FAKE_DX_JOB_SECONDS: "300",
      FAKE_DX_WORKED: "60",
      DX_RUNNER_MAX_PARALLEL_OPENCODE: "4",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      NIGHTLY_DISPATCH_REPO_PATH: this.at("repo"),
      NIGHTLY_DISPATCH_STATE_DIR: this.at("state"),
      NIGHTLY_DISPATCH_WATCH: "never",
      NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git",
      NIGHTLY_DISPATCH_WORKSPACE_ROOT: this.at("tmp/agents"),
      NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "4",
      // The tests may load the host as they like.
      NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE: "0",
      NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "4 s",
      NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT: "3 s",
      NIGHTLY_DISPATCH_TIMEOUTS_ACK: "3 s",
      NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE: "14 s",
      DX_FAKE_CLONES: this.root,
      DX_FAKE_ROOT: this.at("tmp/agents"),
      ...env
    }
    this.git("init", "-q", "-b", "main")
    this.git("commit", "-q", "--allow-empty", "-m", "start")
    fs.writeFileSync(trackerFile(this.root), JSON.stringify(TRACKER))
    fs.writeFileSync(this.at("beads/metadata.json"), '{"database":"fake-bd.json"}\n')
  }

  at(name: string): string {
    return path.join(this.root, name)
  }

  /** Makes somebody the holder of a bug. */
  assign(id: string, assignee: string): Promise<void> {
    const state = JSON.parse(fs.readFileSync(trackerFile(this.root), "utf8"))
    Object.assign(state.issues[id], { status: "in_progress", assignee })
    fs.writeFileSync(trackerFile(this.root), JSON.stringify(state))
    return Promise.resolve()
  }

  /** Runs git in the repository that worktrees are made from. */
  git(...args: ReadonlyArray<string>): void {
    const all = ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args]
    const { status, stderr } = spawnSync("git", all, { cwd: this.at("repo"), env: this.env })
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${String(stderr)}`)
  }

  /** The bugs with a live agent. A bug with two live agents is there twice. */
  running(): ReadonlyArray<string> {
    return runnerEvents(this.root).flatMap(({ beads, kind, pid }) => (kind === "start" && isAlive(pid) ? [beads] : []))
  }

  /** Ends the agents and removes the machine; gives a problem for each other process that had not ended by itself. */
  async remove(): Promise<ReadonlyArray<string>> {
    for (const { kind, pid } of runnerEvents(this.root)) {
      if (kind !== "start" || pid <= 1) continue
      try {
        process.kill(-pid, "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
    const strays = await waitForProcesses(this.root)
    for (const stray of strays) process.kill(Number(stray.split(" ")[0]), "SIGKILL")
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    return strays.map((stray) => `stray process ${stray}`)
  }
}
