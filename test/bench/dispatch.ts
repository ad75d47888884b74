// Prints how long a run of the built program takes beside the ideal schedule of its own calls, and beside a plain dispatcher that
// makes just these calls: for one bug after the other, and for as many side by side as the program. The fake bd and dx-runner answer
// with fixed latencies; the first provider is down.
//
//   npm run bench -- dispatch 3 50
//   npm run bench -- dispatch 3 --trace     draws the calls of one run
import { DateTime } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { bdServer } from "../faults/bdServer.ts"
import { bars } from "./bars.ts"
import { idealSchedule, median } from "./idealSchedule.ts"
import { plainDispatcher } from "./plainDispatcher.ts"
import { makeTimedTools, type Call } from "./timedTools.ts"

const TIMES = 5
const LATENCIES = { bd: 50, preflight: 200, start: 300 }
/** With more at a time, the fakes would wait for the cores of a small machine. */
const MOST_LANES = 4
const PROGRAM = path.resolve("dist/nightly-dispatch.js")
const FIXTURES = path.resolve("test/fixtures/bin")
const ANSWERED_BD = path.resolve("test/faults/bin/bd")

const say = (text: string) => process.stdout.write(`${text}\n`)
const seconds = (millis: number) => `${(millis / 1000).toFixed(2)} s`

interface Finished {
  readonly code: number | null
  readonly output: string
  readonly wall: number
}

/** `until: "exit"` for what leaves a process behind that keeps its streams open. */
const finished = (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: NodeJS.ProcessEnv,
  until: "exit" | "close" = "close"
) =>
  new Promise<Finished>((resolve) => {
    const began = performance.now()
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)))
    child.on(until, (code) => resolve({ code, output, wall: performance.now() - began }))
  })

const SYLLABLES = ["ha", "ki", "lo", "mu", "no", "pi", "ru", "sa", "ti", "wo"]
/** Numbers in letters: titles that differ only in a number would be duplicates. */
const inLetters = (number: number): string => [...String(number)].map((digit) => SYLLABLES[Number(digit)]).join("")

const bugOf = (id: string, at: number) => ({
  id,
  title: `The parser loses a row of ${inLetters(at)}`,
  description: `${id} fails.`,
  status: "open",
  priority: 1,
  issue_type: "bug",
  created_at: DateTime.formatIso(DateTime.unsafeMake(at)),
  updated_at: DateTime.formatIso(DateTime.unsafeMake(at)),
  labels: [],
  comments: []
})

/** A fresh host with these bugs, in a directory that is removed after `use`. */
const withHost = async <A>(bugs: ReadonlyArray<string>, use: (host: Host) => Promise<A>): Promise<A> => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "nd-bench-"))
  try {
    return await use(await makeHost(root, bugs))
  } finally {
    for (const [, pid] of (read(path.join(root, "dx/events.log")) ?? "").matchAll(/ start .*?\bpid=(\d+)/g)) {
      try {
        process.kill(-Number(pid), "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const read = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined)

const makeHost = async (root: string, bugs: ReadonlyArray<string>) => {
  const at = (name: string) => path.join(root, name)
  for (const name of ["bin", "home", "beads", "state", "tmp", "dx", "repo"]) fs.mkdirSync(at(name))
  const issues = bugs.map((id, n) => [id, bugOf(id, Date.parse("2026-01-01") + n)])
  fs.writeFileSync(at("beads/fake-bd.json"), JSON.stringify({ issues: Object.fromEntries(issues), calls: {} }))
  fs.writeFileSync(at("beads/metadata.json"), "{}")
  const tools = { bd: ANSWERED_BD, runner: path.join(FIXTURES, "dx-runner") }
  const env: NodeJS.ProcessEnv = {
    PATH: `${at("bin")}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: at("home"),
    TMPDIR: at("tmp"),
    BEADS_DIR: at("beads"),
    FAKE_BD_PORT: String(await bdServer()),
    DX_RUNNER_EXTRA_ALLOWED_PREFIXES: at("tmp"),
    DX_RUNNER_MAX_PARALLEL_CC_GLM: "1000",
    FAKE_DX_DIR: at("dx"),
    FAKE_DX_JOB_SECONDS: "600",
    FAKE_DX_FAULT: "preflight:opencode=model-missing",
    GIT_CONFIG_NOSYSTEM: "1",
    NIGHTLY_DISPATCH_REPO_PATH: at("repo"),
    NIGHTLY_DISPATCH_STATE_DIR: at("state"),
    NIGHTLY_DISPATCH_PROVIDERS: "opencode,cc-glm",
    NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git",
    NIGHTLY_DISPATCH_WORKSPACE_ROOT: at("tmp/agents"),
    NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: String(Math.min(bugs.length, MOST_LANES)),
    NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: String(bugs.length),
    NIGHTLY_DISPATCH_LIMITS_OVERLOAD_THRESHOLD: String(bugs.length),
    NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE: "0",
    // A process of its own, with calls of its own.
    NIGHTLY_DISPATCH_WATCH: "never"
  }
  const author = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
  await finished("git", ["init", "-q", "-b", "main"], at("repo"), env)
  await finished("git", [...author, "commit", "-q", "--allow-empty", "-m", "start"], at("repo"), env)
  return {
    root,
    repo: at("repo"),
    env,
    bugs,
    ...makeTimedTools({ bin: at("bin"), home: at("home") }, tools, LATENCIES)
  }
}
type Host = Awaited<ReturnType<typeof makeHost>>

interface Measured {
  readonly startUp: number
  readonly run: number
  readonly ideal: number
  readonly calls: ReadonlyArray<Call>
}

/** One run of the program, as cron starts it each hour: a run before it has done what is done once a day. */
const measure = async ({ bugs, calls, env, forget, repo }: Host): Promise<Measured> => {
  await finished(process.execPath, [PROGRAM, "run", "--max", "0"], repo, env)
  forget()
  const { code, output, wall } = await finished(process.execPath, [PROGRAM, "run"], repo, env)
  const run = Number(/RUN_SUMMARY .*duration_ms=(\d+)/.exec(output)?.[1])
  if (code !== 0 || !output.includes(`dispatched=${bugs.length} `)) throw new Error(output)
  const ideal = idealSchedule(calls(), bugs, Math.min(bugs.length, MOST_LANES))
  return { startUp: wall - run, run, ideal, calls: calls() }
}

const measurePlain =
  (lanes: number) =>
  async ({ bugs, env, repo, root }: Host) => {
    const began = performance.now()
    await plainDispatcher(
      async (tool, ...args) => {
        const { code, output } = await finished(tool, args, repo, env, "exit")
        if (code !== 0 && args[0] !== "preflight") throw new Error(`${tool} ${args.join(" ")}: ${output}`)
      },
      { bugs, lanes, repo, root: path.join(root, "tmp") }
    )
    return performance.now() - began
  }

const bench = async (count: number, isTraced: boolean) => {
  const bugs = Array.from({ length: count }, (_, n) => `app-${n + 1}`)
  const times = isTraced || count > 10 ? 1 : TIMES
  const all: Array<Measured> = []
  for (let time = 0; time < times; time++) all.push(await withHost(bugs, measure))
  if (isTraced) say(bars(all[0]?.calls ?? []))
  const of = (pick: (each: Measured) => number) => median(all.map(pick))
  const tools = ["bd", "dx-runner", "git"].map(
    (tool) => `${of(({ calls }) => calls.filter((call) => call.tool === tool).length)} ${tool}`
  )
  say(`${count} bugs, ${Math.min(count, MOST_LANES)} at a time; medians of ${times}; calls: ${tools.join(", ")}`)
  say(`  start-up       ${seconds(of(({ startUp }) => startUp))}`)
  say(`  run            ${seconds(of(({ run }) => run))}   ${of(({ ideal, run }) => run / ideal).toFixed(2)} × ideal`)
  say(`  ideal          ${seconds(of(({ ideal }) => ideal))}`)
  if (isTraced) return
  for (const [name, lanes] of [
    ["plain", 1],
    ["side by side", Math.min(count, MOST_LANES)]
  ] as const) {
    const plain: Array<number> = []
    for (let time = 0; time < times; time++) plain.push(await withHost(bugs, measurePlain(lanes)))
    say(`  ${name.padEnd(14)} ${seconds(median(plain))}`)
  }
}

const main = async () => {
  const isTraced = process.argv.includes("--trace")
  const counts = process.argv.slice(2).map(Number).filter(Number.isInteger)
  for (const count of counts.length === 0 ? [3, 50] : counts) await bench(count, isTraced)
}
void main()
