import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { records, type Kind } from "./makeTracker.ts"

/** The CPU time (ms) and the largest resident size (MB) of one process, without its children. */
export interface Measured {
  readonly cpu: number
  readonly rss: number
}

/** Which tracker a run reads: `.beads/issues.jsonl`, or a bd that prints a file. */
export type Tracker = "jsonl" | "bd"

const PROGRAM = path.resolve("dist/nightly-dispatch.js")
/** Prints what the process itself used when it ends. `VmHWM` and not `maxRSS`: a forked process inherits that of its parent. */
const METER = `data:text/javascript,import{readFileSync,writeSync}from"node:fs";process.on("exit",()=>{const u=process.resourceUsage();let m=u.maxRSS;try{m=Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status","utf8"))[1])}catch{}writeSync(2,"cpu="+(u.userCPUTime+u.systemCPUTime)/1e3+" rss="+m/1024+"\\n")})`

/** A bd that answers `list` and `ready` from a file, and any other question with an empty list. */
const bd = (list: string) => `#!/bin/sh
case "$1 $*" in
  *in_progress*) echo '[]';;
  list*|ready*) cat "${list}";;
  *version*) echo 'bd version 1.0.3 (dev)';;
  *) echo '[]';;
esac
`

const SETTINGS = {
  providers: [{ name: "quick", command: ["true"] }],
  providerHealth: false,
  limits: { maxDispatches: 2, overloadThreshold: 1_000_000, maxParallel: 2 },
  runner: { backend: "local" },
  workspace: { backend: "git" },
  beads: { maxOutput: 256 },
  // The bench may share its machine.
  hostGate: { maxLoadPerCore: 1000 },
  watch: "never"
}

const meter = (args: ReadonlyArray<string>, options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }) => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", METER, ...args], {
    ...options,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "ignore", "pipe"]
  })
  const [, cpu, rss] = /cpu=([\d.]+) rss=([\d.]+)/.exec(stderr) ?? []
  // 3: a job of the run before has changed nothing.
  if (cpu === undefined || (status !== 0 && status !== 3)) throw new Error(`exit ${status}: ${stderr.slice(-2000)}`)
  return { cpu: Number(cpu), rss: Number(rss) }
}

/** What Node itself uses. */
export const bareNode = (): Measured => meter(["-e", "0"], {})

/** A clone with a tracker. `run` runs our program in it; `env` are its variables. */
export interface Host {
  readonly run: (...args: ReadonlyArray<string>) => Measured
  readonly env: NodeJS.ProcessEnv
}

/** Makes a clone with a tracker of so many records. `changes`: settings of the bench's own. */
export const makeHost = (root: string, tracker: Tracker, count: number, kind: Kind, changes: object = {}): Host => {
  const [repo, bin, list] = [path.join(root, "repo"), path.join(root, "bin"), path.join(root, "list.json")]
  for (const directory of [path.join(repo, ".beads"), bin]) fs.mkdirSync(directory, { recursive: true })
  const git = (...args: ReadonlyArray<string>) =>
    spawnSync("git", ["-C", repo, "-c", "user.name=t", "-c", "user.email=t@localhost", ...args])
  git("init", "-q", "-b", "main")
  git("commit", "-q", "--allow-empty", "-m", "start")
  const all = records(count, kind, Date.now())
  if (tracker === "jsonl") fs.writeFileSync(path.join(repo, ".beads/issues.jsonl"), `${all.join("\n")}\n`)
  else {
    fs.writeFileSync(list, `[${all.filter((line) => line.includes('"status":"open"')).join(",\n")}]`)
    fs.writeFileSync(path.join(repo, ".beads/beads.db"), "")
    fs.writeFileSync(path.join(bin, "bd"), bd(list), { mode: 0o755 })
  }
  const settings = path.join(root, "settings.yaml")
  fs.writeFileSync(
    settings,
    JSON.stringify({ ...SETTINGS, ...changes, beads: { ...SETTINGS.beads, backend: tracker } })
  )
  const env = {
    PATH: `${bin}:${process.env["PATH"]}`,
    HOME: root,
    TMPDIR: root,
    GIT_CONFIG_GLOBAL: "/dev/null",
    NIGHTLY_DISPATCH_CONFIG: settings,
    NIGHTLY_DISPATCH_REPO_PATH: repo,
    NIGHTLY_DISPATCH_STATE_DIR: path.join(root, "state")
  }
  return { env, run: (...args) => meter([PROGRAM, ...args], { cwd: repo, env }) }
}
