import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { bdServer } from "./bdServer.ts"
import { dump } from "./journalDump.ts"
import { alive, eventOf, lines, violations, type RunnerEvent } from "./invariants.ts"

const here = path.dirname(fileURLToPath(import.meta.url))
const PROGRAM = path.resolve(here, "../../dist/nightly-dispatch.js")
const FIXTURES = path.resolve(here, "../fixtures/bin")
const SABOTEUR = pathToFileURL(path.join(here, "saboteur.js")).href

/** A dispatcher lives for a second: optimising its code costs more than it gains, a sixth of all the time. */
const QUICK = ["--no-opt", "--single-threaded"]

export const BUGS = ["bd-1", "bd-2"] as const

/** One point in one process of the dispatcher, and what happens there: see `saboteur.js`. */
export interface Sabotage {
  readonly at: string
  readonly when?: "before" | "during" | "after"
  readonly nth?: number
  readonly until?: string
  readonly act: string
}

export interface RunOptions {
  readonly sabotage?: Sabotage
  readonly env?: Readonly<Record<string, string>>
  /** How far this dispatcher's clock is ahead, in milliseconds. */
  readonly later?: number
  readonly args?: ReadonlyArray<string>
  /** Streams that nobody reads: they are closed as soon as it has started. */
  readonly closed?: ReadonlyArray<"stdout" | "stderr">
}

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds from the signal it got, if any, to its end. */
  readonly leftIn: number
}

/** No dispatcher may take longer than this, whatever goes wrong. */
const PATIENCE = 60_000

/** A machine that was. */
interface Frozen {
  readonly root: string
  /** Every file below it, byte by byte, and every directory, which has no text. */
  readonly files: ReadonlyArray<{ readonly name: string; readonly mode: number; readonly text: string | undefined }>
}

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
      DX_FAKE_CLONES: this.root,
      DX_FAKE_ROOT: this.at("tmp/agents"),
      ...env
    }
    this.git("init", "-q", "-b", "main")
    this.git("commit", "-q", "--allow-empty", "-m", "start")
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

  /** The machine as it is when nothing runs on it any more; it ends with this. */
  async freeze(): Promise<Frozen> {
    await this.#rest()
    const files = fs.readdirSync(this.root, { recursive: true }).map((name) => {
      const file = this.at(String(name))
      const stat = fs.statSync(file)
      return { name: String(name), mode: stat.mode, text: stat.isFile() ? fs.readFileSync(file, "latin1") : undefined }
    })
    await this.end()
    return { root: this.root, files }
  }

  /** Becomes as another machine was; what names that one's paths names ours. */
  become({ files, root }: Frozen): void {
    fs.rmSync(this.root, { recursive: true })
    fs.mkdirSync(this.root)
    for (const { mode, name, text } of files.toSorted((a, b) => a.name.length - b.name.length)) {
      // Roots are equally long, so that the journal stays one.
      if (text === undefined) fs.mkdirSync(this.at(name))
      else fs.writeFileSync(this.at(name), text.replaceAll(root, this.root), "latin1")
      fs.chmodSync(this.at(name), mode)
    }
  }

  at(name: string): string {
    return path.join(this.root, name)
  }

  /** Somebody else works on it. */
  give(id: string, assignee: string): Promise<void> {
    const state = JSON.parse(fs.readFileSync(this.at("beads/fake-bd.json"), "utf8"))
    Object.assign(state.issues[id], { status: "in_progress", assignee })
    fs.writeFileSync(this.at("beads/fake-bd.json"), JSON.stringify(state))
    return Promise.resolve()
  }

  /** git in the repository that worktrees are made from. */
  git(...args: ReadonlyArray<string>): void {
    const all = ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args]
    const { status, stderr } = spawnSync("git", all, { cwd: this.at("repo"), env: this.#env })
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${String(stderr)}`)
  }

  /** One dispatcher, to its end; `held` is called when it is held at its point. */
  async run(
    { args = ["run"], closed = [], env = {}, later = 0, sabotage }: RunOptions = {},
    held: () => void = () => {}
  ): Promise<Ran> {
    const port = await bdServer()
    return await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...QUICK, "--import", SABOTEUR, PROGRAM, ...args, "--json"], {
        cwd: this.root,
        env: {
          ...this.#env,
          FAKE_BD_PORT: String(port),
          ...env,
          ...(sabotage === undefined ? {} : { SABOTAGE: JSON.stringify(sabotage), SABOTAGE_GO: this.at("go") }),
          ...(later === 0 ? {} : { CLOCK_OFFSET_MS: String(later) })
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let stdout = ""
      let stderr = ""
      child.stdout.on("data", (chunk) => (stdout += String(chunk)))
      child.stderr.on("data", (chunk) => {
        stderr += String(chunk)
        if (/^SABOTEUR: held$/m.test(stderr)) held()
      })
      for (const stream of closed) child[stream].destroy()
      const hung = setTimeout(() => {
        child.kill("SIGKILL")
        reject(new Error(`the dispatcher had not ended after ${PATIENCE} ms\n${stderr}`))
      }, PATIENCE)
      // Not "close": what it had started may hold its streams open.
      child.on("exit", (code, signal) => {
        clearTimeout(hung)
        const signalled = Number(/^SABOTEUR: signal at (\d+)$/m.exec(stderr)?.[1] ?? Date.now())
        const leftIn = Date.now() - signalled
        setTimeout(() => resolve({ code, signal, stdout, stderr, leftIn }), 20)
      })
    })
  }

  /** One dispatcher and, while it is held, another. */
  async runBoth(first: RunOptions, second: RunOptions): Promise<readonly [Ran, Ran]> {
    let held = () => {}
    const point = new Promise<void>((resolve) => (held = resolve))
    const one = this.run(first, held)
    // One that is not held ends without it.
    await Promise.race([point, one])
    const other = await this.run(second)
    fs.writeFileSync(this.at("go"), "")
    return [await one, other]
  }

  events(): ReadonlyArray<RunnerEvent> {
    return lines(this.at("dx/events.log")).map(eventOf)
  }

  /** Bugs whose agent lives, each as often as it does. */
  running(): ReadonlyArray<string> {
    return this.events().flatMap(({ beads, kind, pid }) => (kind === "start" && alive(pid) ? [beads] : []))
  }

  /** What design.md §9 forbids and yet is so; nothing when all is well. */
  violations(kept: ReadonlyArray<string> = [], untold: ReadonlyArray<string> = []): Promise<ReadonlyArray<string>> {
    return violations({ root: this.root, events: this.events(), running: this.running(), untold, kept })
  }

  /** Everything that a run could have changed, as texts. */
  async state(): Promise<ReadonlyArray<string>> {
    const files = fs.readdirSync(this.at("tmp"), { recursive: true }).map(String).toSorted()
    const issues = Object.values(JSON.parse(fs.readFileSync(this.at("beads/fake-bd.json"), "utf8")).issues)
    const all = [...issues, ...this.events(), this.running(), ...files, ...(await dump(this.root))]
    return all.map((one) => JSON.stringify(one).replaceAll(this.root, "ROOT"))
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
    const strays = await this.#rest()
    for (const stray of strays) process.kill(Number(stray.split(" ")[0]), "SIGKILL")
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    return strays.map((stray) => `stray process ${stray}`)
  }

  /** Waits until nothing runs here; gives what does all the same. */
  async #rest(): Promise<ReadonlyArray<string>> {
    let strays = this.#processes()
    for (let look = 0; look < 50 && strays.length > 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      strays = this.#processes()
    }
    return strays
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
