// Prints what the start of a command costs beside a bare Node: CPU seconds of the process with its children. All take turns.
//
//   npm run bench -- startup
//   npm run bench -- startup /opt/node22/bin/node      with another Node, too
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

const TIMES = 15
const PROGRAM = path.resolve("dist/nightly-dispatch.js")

const say = (text: string) => process.stdout.write(`${text}\n`)
const median = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

/** `--config` names no file, so the command ends when it has been loaded and understood, and has looked for its settings. */
const STARTED = ["--config", "/nonexistent.yaml"]

const COMMANDS: ReadonlyArray<readonly [name: string, args: ReadonlyArray<string>]> = [
  ["node -e 0", ["-e", "0"]],
  ["--version", [PROGRAM, "--version"]],
  ["start of run", [PROGRAM, "run", ...STARTED]],
  ["start of settle", [PROGRAM, "settle", ...STARTED]],
  ["start of status", [PROGRAM, "status", ...STARTED]],
  ["run, no bug", [PROGRAM, "run"]],
  ["settle, nothing open", [PROGRAM, "settle"]],
  ["status, no run yet", [PROGRAM, "status"]]
]

const root = fs.mkdtempSync(path.join(os.tmpdir(), "nd-bench-"))
try {
  const [home, repo] = [path.join(root, "home"), path.join(root, "repo")]
  for (const directory of [home, path.join(repo, ".beads")]) fs.mkdirSync(directory, { recursive: true })
  fs.writeFileSync(path.join(repo, ".beads/issues.jsonl"), "")
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    TMPDIR: root,
    GIT_CONFIG_GLOBAL: "/dev/null",
    NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
    NIGHTLY_DISPATCH_PROVIDERS: "opencode",
    NIGHTLY_DISPATCH_WATCH: "never"
  }
  for (const args of [
    ["init", "-q", "-b", "main"],
    ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "--allow-empty", "-m", "start"]
  ])
    spawnSync("git", args, { cwd: repo, env })

  /** CPU seconds, user and system. */
  const cpuOf = (node: string, args: ReadonlyArray<string>): number => {
    const timed = ["-c", 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1', "bash", node, ...args]
    const { stdout } = spawnSync("bash", timed, { cwd: repo, env, encoding: "utf8" })
    return stdout
      .trim()
      .split(" ")
      .reduce((sum, part) => sum + Number(part), 0)
  }

  for (const node of [process.execPath, ...process.argv.slice(2)]) {
    // The first call makes the journal, and compiled code where that of the build is of no use.
    for (const [, args] of COMMANDS) cpuOf(node, args)
    const rounds = Array.from({ length: TIMES }, () => COMMANDS.map(([, args]) => cpuOf(node, args)))
    const medians = COMMANDS.map((_, index) => median(rounds.map((round) => round[index] ?? 0)))
    say(
      `\n${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()}, medians of ${TIMES}: CPU, beside a bare Node`
    )
    for (const [index, [name]] of COMMANDS.entries()) {
      const seconds = medians[index] ?? 0
      say(
        `  ${name.padEnd(24)}${`${(1000 * seconds).toFixed(0)} ms`.padStart(10)}${`× ${(seconds / (medians[0] ?? 1)).toFixed(2)}`.padStart(10)}`
      )
    }
  }
} finally {
  fs.rmSync(root, { recursive: true, force: true })
}
