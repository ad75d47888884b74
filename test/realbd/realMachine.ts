import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { processesBelow } from "../faults/machine/processes.ts"
import { BD, finished, tracker, type Said, type Tracker } from "./realBd.ts"

const inTests = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
/** The program, as `npm run build` leaves it. */
const PROGRAM = inTests("../dist/nightly-dispatch.js")

/** A host with the real bd on its PATH and the fake dx-runner. */
export interface Host {
  readonly nd: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => Effect.Effect<Said>
  /** The ids of the bugs whose agent was started here, in order. */
  readonly started: () => ReadonlyArray<string>
  /** The prompt files that are there now. */
  readonly prompts: () => ReadonlyArray<string>
  /** The watchers that run here now, by pid. */
  readonly watchers: () => ReadonlyArray<number>
}

export interface RealMachine {
  readonly tracker: Tracker
  /** Hosts over the same tracker, each with a home, a clone, state, temporary directory and runner of its own. */
  readonly hosts: ReadonlyArray<Host>
}

const eventsIn = (dx: string): string => {
  const file = path.join(dx, "events.log")
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""
}

/** Ends the agents that a fake runner started, each in a session of its own. */
const endAgents = (dx: string): void => {
  for (const match of eventsIn(dx).matchAll(/ start .*?\bpid=(\d+)/g)) {
    try {
      process.kill(-Number(match[1]), "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }
}

const host = (root: string, beads: string): Effect.Effect<Host> =>
  Effect.gen(function* () {
    const at = (name: string) => path.join(root, name)
    for (const name of ["home", "state", "tmp", "dx", "repo", "bin"]) fs.mkdirSync(at(name), { recursive: true })
    fs.symlinkSync(BD, at("bin/bd"))
    const env: NodeJS.ProcessEnv = {
      PATH: `${at("bin")}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: at("home"),
      TMPDIR: at("tmp"),
      BEADS_DIR: beads,
      BD_DISABLE_METRICS: "1",
      DX_RUNNER_PATH: inTests("fixtures/bin/dx-runner"),
      DX_RUNNER_MAX_PARALLEL_OPENCODE: "9",
      DX_RUNNER_EXTRA_ALLOWED_PREFIXES: at("tmp"),
      FAKE_DX_DIR: at("dx"),
      FAKE_DX_JOB_SECONDS: "60",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      NIGHTLY_DISPATCH_REPO_PATH: at("repo"),
      NIGHTLY_DISPATCH_STATE_DIR: at("state"),
      NIGHTLY_DISPATCH_WATCH: "never",
      NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git",
      NIGHTLY_DISPATCH_WORKSPACE_ROOT: at("tmp/agents"),
      NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "2",
      // The tests may load the host as they like.
      NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE: "0",
      NIGHTLY_DISPATCH_LIMITS_WARM_UP: "0 s"
    }
    const git = (...args: ReadonlyArray<string>) =>
      finished("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], env, at("repo"))
    yield* git("init", "-q", "-b", "main")
    yield* git("commit", "-q", "--allow-empty", "-m", "start")
    return {
      nd: (args, more = {}) => finished(process.execPath, [PROGRAM, ...args], { ...env, ...more }, at("repo")),
      started: () => [...eventsIn(at("dx")).matchAll(/ start .*?\bbeads=(\S+)/g)].map(([, id]) => String(id)),
      prompts: () =>
        fs.readdirSync(at("tmp"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".prompt")),
      watchers: () =>
        processesBelow(root).flatMap(({ argv, pid }) => (argv.includes("watch") && argv.includes(PROGRAM) ? [pid] : []))
    }
  })

/** A real tracker with these issues, and hosts that work on it. */
export const realMachine = (
  seed: ReadonlyArray<SeedIssue>,
  names: ReadonlyArray<string> = ["a"],
  made?: { readonly bd: string; readonly template: string }
): Effect.Effect<RealMachine, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nd real "))),
      (directory) =>
        Effect.sync(() => {
          for (const name of names) endAgents(path.join(directory, name, "dx"))
          fs.rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
        })
    )
    const on = yield* tracker(root, seed, made)
    const hosts = yield* Effect.forEach(names, (name) => host(path.join(root, name), on.dir))
    return { tracker: on, hosts }
  })
