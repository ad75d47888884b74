import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { commandLines } from "../commandLines.ts"
import { bdServer } from "../faults/bdServer.ts"
import { call } from "../fixtures/bd/main.js"
import { commandLine, type Finished } from "./commandLine.ts"

const here = path.dirname(fileURLToPath(import.meta.url))
/** Built by `npm test` before the tests run. */
export const PROGRAM = path.resolve(here, "../../dist/nightly-dispatch.js")
export const FIXTURES = path.resolve(here, "../fixtures/bin")
/** The fake bd for which this process answers: without a Node of its own, half of what a test takes. */
const ANSWERED_BD = path.resolve(here, "../faults/bin/bd")

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
}

interface ProcessOptions extends RunOptions {
  /** A signal sent as soon as there is a prompt file. */
  readonly signal?: NodeJS.Signals
  /** Default: `PROGRAM`. */
  readonly program?: string
}

/** Prompt files below a directory. None if one that is listed is removed meanwhile. */
const promptsIn = (directory: string): Promise<ReadonlyArray<string>> =>
  fs.readdir(directory, { recursive: true }).then(
    (names) => names.filter((name) => name.endsWith(".prompt")),
    () => []
  )

const collect = (
  command: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  cwd: string,
  signal?: NodeJS.Signals
) =>
  Effect.async<Finished>((resume) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk) => (stdout += String(chunk)))
    child.stderr.on("data", (chunk) => (stderr += String(chunk)))
    const watch = setInterval(() => {
      void promptsIn(env["TMPDIR"] ?? "").then((files) => {
        if (signal === undefined || files.length === 0) return
        clearInterval(watch)
        child.kill(signal)
      })
    }, 20)
    if (signal === undefined) clearInterval(watch)
    child.on("close", (code) => {
      clearInterval(watch)
      resume(Effect.succeed({ code, stdout, stderr }))
    })
  })

export interface Machine {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** A command line, in this process. */
  readonly nd: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<Finished>
  /** The built program, in a process of its own. */
  readonly program: (args: ReadonlyArray<string>, options?: ProcessOptions) => Effect.Effect<Finished>
  /** Calls the fake bd of this machine. */
  readonly bd: (...args: ReadonlyArray<string>) => Effect.Effect<void>
  readonly issues: Effect.Effect<Record<string, { readonly status: string; readonly assignee?: string }>>
  readonly file: (name: string) => Effect.Effect<string>
  /** Prompt files that are there now. */
  readonly prompts: Effect.Effect<ReadonlyArray<string>>
}

export interface Bug {
  readonly id: string
  readonly title: string
  readonly priority?: number
}

const textOf = (root: string, name: string) => fs.readFile(path.join(root, name), "utf8").catch(() => "")

/** The pid of a machine's last watcher, which may have been killed; `undefined` if there was none, or it ended by itself. */
export const watcherOf = async (root: string): Promise<number | undefined> => {
  const holder = await textOf(root, "state/watch.db.holder")
  return holder === "" ? undefined : Number(JSON.parse(holder).process.pid)
}

/** The watcher of this machine, and the sessions of the jobs that the fake runner or the local runner started. */
const started = async (root: string): Promise<ReadonlyArray<number>> => {
  const events = await textOf(root, "dx/events.log")
  const agents = [...events.matchAll(/ start .*?\bpid=(\d+)/g)].map(([, pid]) => -Number(pid))
  const supervisors = commandLines("nightly-dispatch-job", `${root}/`).map((line) => -Number.parseInt(line, 10))
  const watcher = await watcherOf(root)
  // The number of a watcher that was killed may be another process's by now.
  const watchers = commandLines(" watch").map((line) => Number.parseInt(line, 10))
  return [...agents, ...supervisors, ...watchers.filter((pid) => pid === watcher)]
}

/** Ends what goes on after its run. The watcher first: it writes to the machine's directory until its end. */
const endStarted = async (root: string): Promise<void> => {
  for (const pid of (await started(root)).toReversed()) {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }
}

/** A machine of its own: home, repository, tracker with these bugs, state, temporary directory, and the fake tools on PATH. */
export const machine = (bugs: ReadonlyArray<Bug>): Effect.Effect<Machine, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* Effect.acquireRelease(
      Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "nd cli "))),
      (directory) =>
        Effect.promise(async () => {
          await endStarted(directory)
          await fs.rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
        })
    )
    const at = (name: string) => path.join(root, name)
    yield* Effect.promise(() =>
      Promise.all(["bin", "home", "beads", "state", "tmp", "dx", "repo"].map((name) => fs.mkdir(at(name))))
    )
    yield* Effect.promise(() => fs.symlink(ANSWERED_BD, at("bin/bd")))
    const port = yield* Effect.promise(bdServer)
    const env: NodeJS.ProcessEnv = {
      PATH: `${at("bin")}:${FIXTURES}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: at("home"),
      TMPDIR: at("tmp"),
      BEADS_DIR: at("beads"),
      FAKE_BD_PORT: String(port),
      DX_RUNNER_EXTRA_ALLOWED_PREFIXES: at("tmp"),
      FAKE_DX_DIR: at("dx"),
      FAKE_DX_JOB_SECONDS: "20",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      NIGHTLY_DISPATCH_REPO_PATH: at("repo"),
      NIGHTLY_DISPATCH_STATE_DIR: at("state"),
      NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git",
      NIGHTLY_DISPATCH_WORKSPACE_ROOT: at("tmp/agents"),
      NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "2",
      // The tests may load the host as they like.
      NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE: "0",
      NIGHTLY_DISPATCH_WATCH: "never"
    }
    const git = (...args: ReadonlyArray<string>) =>
      collect("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], env, at("repo"))
    yield* git("init", "-q", "-b", "main")
    yield* git("commit", "-q", "--allow-empty", "-m", "start")
    yield* Effect.promise(() =>
      fs.writeFile(
        at("beads/fake-bd.json"),
        JSON.stringify({
          issues: Object.fromEntries(
            bugs.map(({ id, priority = 1, title }) => [
              id,
              {
                id,
                title,
                status: "open",
                priority,
                issue_type: "bug",
                created_at: "2026-01-01T00:00:00Z",
                updated_at: "2026-01-01T00:00:00Z"
              }
            ])
          ),
          calls: {}
        })
      )
    )
    yield* Effect.promise(() => fs.writeFile(at("beads/metadata.json"), "{}"))
    const file = (name: string) => Effect.promise(() => textOf(root, name))
    return {
      root,
      env,
      nd: (args, options = {}) => commandLine(args, { ...env, ...options.env }, at("repo")),
      program: (args, { env: more, program = PROGRAM, signal } = {}) =>
        collect(process.execPath, [program, ...args], { ...env, ...more }, at("repo"), signal),
      bd: (...args) => Effect.sync(() => void call(args, env)),
      issues: Effect.map(file("beads/fake-bd.json"), (text) => JSON.parse(text).issues),
      file,
      prompts: Effect.promise(() => promptsIn(at("tmp")))
    }
  })
