import { createClient } from "@libsql/client"
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const here = path.dirname(fileURLToPath(import.meta.url))
const PROGRAM = path.resolve(here, "../../dist/nightly-dispatch.js")
const FIXTURES = path.resolve(here, "../fixtures/bin")
const SABOTEUR = path.join(here, "saboteur.js")

export const BUGS = ["bd-1", "bd-2"] as const

/** One point in one process of the dispatcher, and what happens there: see `saboteur.js`. */
export interface Sabotage {
  readonly at: string
  readonly when?: "before" | "during" | "after"
  readonly nth?: number
  readonly act: string
}

export interface RunOptions {
  readonly sabotage?: Sabotage
  readonly env?: Readonly<Record<string, string>>
  /** How far this dispatcher's clock is ahead, in milliseconds. */
  readonly later?: number
  readonly args?: ReadonlyArray<string>
}

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds from the signal it got, if any, to its end. */
  readonly leftIn: number
}

type Row = { readonly status: string; readonly assignee?: string; readonly comments?: ReadonlyArray<{ text: string }> }

/** No dispatcher may take longer than this, whatever goes wrong. */
const PATIENCE = 60_000

const lines = (file: string): ReadonlyArray<string> =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : []

const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** A start or an end of an agent, as the fake runner wrote it down. */
interface RunnerEvent {
  readonly kind: string
  readonly beads: string
  readonly pid: number
}

const eventOf = (line: string): RunnerEvent => ({
  kind: line.split(" ")[1] ?? "",
  beads: /\bbeads=(\S+)/.exec(line)?.[1] ?? "",
  pid: Number(/\bpid=(\d+)/.exec(line)?.[1] ?? 0)
})

/** A machine with two bugs, the fake tools, a repository and a state directory, all below one directory. */
export class FaultWorld {
  readonly root: string
  readonly #env: NodeJS.ProcessEnv

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), "nd-faults-"))
    for (const name of ["home", "beads", "state", "tmp", "dx", "repo"]) fs.mkdirSync(this.at(name))
    this.#env = {
      PATH: `${path.join(here, "bin")}:${FIXTURES}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: this.at("home"),
      TMPDIR: this.at("tmp"),
      BEADS_DIR: this.at("beads"),
      FAKE_DX_DIR: this.at("dx"),
      FAKE_DX_JOB_SECONDS: "300",
      DX_RUNNER_MAX_PARALLEL_OPENCODE: "4",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      NIGHTLY_DISPATCH_REPO_PATH: this.at("repo"),
      NIGHTLY_DISPATCH_STATE_DIR: this.at("state"),
      NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git",
      NIGHTLY_DISPATCH_WORKSPACE_ROOT: this.at("tmp/agents"),
      NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "4",
      NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "4 s",
      NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT: "3 s",
      NIGHTLY_DISPATCH_TIMEOUTS_ACK: "3 s",
      NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE: "8 s",
      ...env
    }
    const git = (...args: ReadonlyArray<string>) =>
      spawnSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
        cwd: this.at("repo"),
        env: this.#env
      })
    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "start")
    const issue = (id: string, title: string) => ({
      id,
      title,
      status: "open",
      priority: 1,
      issue_type: "bug",
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z"
    })
    fs.writeFileSync(
      this.at("beads/fake-bd.json"),
      JSON.stringify({
        issues: { "bd-1": issue("bd-1", "the parser loses a row"), "bd-2": issue("bd-2", "totals are rounded twice") },
        calls: {}
      })
    )
    fs.writeFileSync(this.at("beads/metadata.json"), '{"database":"fake-bd.json"}\n')
  }

  at(name: string): string {
    return path.join(this.root, name)
  }

  /** One dispatcher, to its end. */
  run({ args = ["run"], env = {}, later = 0, sabotage }: RunOptions = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ["--import", pathToFileURL(SABOTEUR).href, PROGRAM, ...args, "--json"], {
        cwd: this.root,
        env: {
          ...this.#env,
          ...env,
          ...(sabotage === undefined ? {} : { SABOTAGE: JSON.stringify(sabotage) }),
          ...(later === 0 ? {} : { CLOCK_OFFSET_MS: String(later) })
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let stdout = ""
      let stderr = ""
      child.stdout.on("data", (chunk) => (stdout += String(chunk)))
      child.stderr.on("data", (chunk) => (stderr += String(chunk)))
      const hung = setTimeout(() => {
        child.kill("SIGKILL")
        reject(new Error(`the dispatcher had not ended after ${PATIENCE} ms\n${stderr}`))
      }, PATIENCE)
      // Not "close": what it had started may hold its streams open.
      child.on("exit", (code, signal) => {
        clearTimeout(hung)
        const signalled = Number(/^SABOTEUR: SIGTERM at (\d+)$/m.exec(stderr)?.[1] ?? Date.now())
        const leftIn = Date.now() - signalled
        setTimeout(() => resolve({ code, signal, stdout, stderr, leftIn }), 20)
      })
    })
  }

  issues(): Readonly<Record<string, Row>> {
    return JSON.parse(fs.readFileSync(this.at("beads/fake-bd.json"), "utf8")).issues
  }

  events(): ReadonlyArray<RunnerEvent> {
    return lines(this.at("dx/events.log")).map(eventOf)
  }

  /** Bugs whose agent lives, each as often as it does. */
  running(): ReadonlyArray<string> {
    return this.events().flatMap(({ beads, kind, pid }) => (kind === "start" && alive(pid) ? [beads] : []))
  }

  prompts(): ReadonlyArray<string> {
    return fs
      .readdirSync(this.at("tmp"), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".prompt"))
  }

  worktrees(): ReadonlyArray<string> {
    const root = this.at("tmp/agents")
    return fs.existsSync(root) ? fs.readdirSync(root) : []
  }

  /** Attempts that nobody has ended, as `bug phase`. */
  async openAttempts(): Promise<ReadonlyArray<string>> {
    const file = this.at("state/journal.db")
    if (!fs.existsSync(file)) return []
    const client = createClient({ url: pathToFileURL(file).href })
    try {
      const tables = await client.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempts'")
      if (tables.rows.length === 0) return []
      const { rows } = await client.execute("SELECT beads, phase FROM attempts WHERE phase <> 'settled' ORDER BY beads")
      return rows.map(({ beads, phase }) => `${String(beads)} ${String(phase)}`)
    } finally {
      client.close()
    }
  }

  /** Everything that a run could have changed, as one text. */
  async state(): Promise<string> {
    return JSON.stringify([this.issues(), this.events(), this.prompts(), this.worktrees(), await this.openAttempts()])
  }

  /** What `design.md` §9 forbids and yet is so, now that everything is at rest; nothing when all is well. */
  async violations(): Promise<ReadonlyArray<string>> {
    const found: Array<string> = []
    const running = this.running()
    for (const bug of new Set(running)) {
      const times = running.filter((other) => other === bug).length
      if (times > 1) found.push(`${bug} has ${times} live jobs`)
    }
    for (const [id, { assignee = "", status }] of Object.entries(this.issues())) {
      const ours = assignee.startsWith("nightly-dispatch/")
      if (ours && !running.includes(id)) found.push(`${id} is claimed by ${assignee} (${status}) without a job`)
      if (!ours && running.includes(id)) found.push(`${id} has a job and no claim (${status}, ${assignee})`)
    }
    for (const file of this.prompts()) {
      if (!running.some((id) => file.endsWith(`${id}.prompt`))) found.push(`prompt file ${file} without a job`)
    }
    for (const id of this.worktrees()) if (!running.includes(id)) found.push(`worktree of ${id} without a job or work`)
    for (const attempt of await this.openAttempts()) {
      const [id = "", phase] = attempt.split(" ")
      if (!running.includes(id) || phase !== "acknowledged") found.push(`attempt left open: ${attempt}`)
    }
    return [...found, ...this.#thefts(), ...this.#overlaps()]
  }

  /** A job that was started while another one for the same bug had not ended. */
  #overlaps(): ReadonlyArray<string> {
    const found: Array<string> = []
    const open = new Map<string, number>()
    for (const { beads, kind, pid } of this.events()) {
      const before = open.get(beads)
      if (kind === "start") {
        if (before !== undefined && alive(before)) found.push(`${beads} was started while its job ${before} ran`)
        open.set(beads, pid)
      } else if (before === pid) open.delete(beads)
    }
    return found
  }

  /** A claim or a release that went through against somebody else's claim. */
  #thefts(): ReadonlyArray<string> {
    const found: Array<string> = []
    const holders = new Map<string, string>()
    for (const line of lines(this.at("beads/fake-bd.log"))) {
      const { action, actor, done, id } = JSON.parse(line)
      if (done !== true) continue
      const holder = holders.get(id)
      if (action === "claim") {
        if (holder !== undefined && holder !== actor) found.push(`${id}: ${actor} took the claim of ${holder}`)
        holders.set(id, actor)
      }
      if (action === "release") {
        if (holder !== undefined && holder !== actor) found.push(`${id}: ${actor} released the claim of ${holder}`)
        holders.delete(id)
      }
    }
    return found
  }

  /** Ends the agents, and gives the processes that are still about this world. */
  async end(): Promise<ReadonlyArray<string>> {
    for (const { kind, pid } of this.events()) {
      if (kind !== "start" || pid <= 1) continue
      try {
        process.kill(-pid, "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
    let strays: ReadonlyArray<string> = []
    for (let look = 0; look < 50; look++) {
      strays = this.#processes()
      if (strays.length === 0) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    for (const stray of strays) process.kill(Number(stray.split(" ")[0]), "SIGKILL")
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    return strays.map((stray) => `stray process ${stray}`)
  }

  #processes(): ReadonlyArray<string> {
    return fs.readdirSync("/proc").flatMap((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
      try {
        const environment = fs.readFileSync(`/proc/${pid}/environ`, "utf8")
        if (!environment.includes(this.root) || !alive(Number(pid))) return []
        return [`${pid} ${fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`]
      } catch {
        return []
      }
    })
  }
}
