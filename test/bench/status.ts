// Prints how much longer `status` takes than its start-up on a large journal, and what of this its parts take.
// Each measurement is a process of its own; both commands take turns.
//
//   npm run bench -- status 200000 1000000
//   npm run bench -- status 200000 --keep /tmp/large     makes the journal once, and uses it again
import { DateTime, Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { makeJournal } from "./makeJournal.ts"

const TIMES = 15
const HOUR = 3_600_000
const PROGRAM = path.resolve("dist/nightly-dispatch.js")
/** Prints the CPU time of the process itself on stderr when it ends: that of git and other tools is not in it. */
const METER = `data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>{const{user,system}=process.cpuUsage();writeSync(2,"cpu="+(user+system)+"\\n")})`

const say = (text: string) => process.stdout.write(`${text}\n`)
const median = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

/** Twelve open bugs. The journal knows the first ones; one waits for review. */
const issues = (nights: number, now: number): string => {
  const perNight = 200
  const known = Math.max(0, Math.floor((nights - 1) / 3)) * perNight
  return Array.from({ length: 12 }, (_, n) =>
    JSON.stringify({
      id: n < 9 ? `app-${(known + n).toString(16).padStart(6, "0")}` : `app-new${n}`,
      title: `the parser loses row ${n}`,
      description: `It has ${n + 2} rows, and one is lost.\n`.repeat(20),
      status: "open",
      priority: n % 2,
      issue_type: "bug",
      created_at: DateTime.formatIso(DateTime.unsafeMake(now - 48 * HOUR)),
      updated_at: DateTime.formatIso(DateTime.unsafeMake(now - 48 * HOUR)),
      labels: n === 5 ? ["nightly-dispatch-review"] : []
    })
  ).join("\n")
}

/** A clone with a tracker of its own, beside the journal. */
const makeHost = (root: string, nights: number) => {
  const [home, repo] = ["home", "repo"].map((name) => path.join(root, name)) as [string, string]
  for (const directory of [home, path.join(repo, ".beads")]) fs.mkdirSync(directory, { recursive: true })
  const git = (...args: ReadonlyArray<string>) =>
    spawnSync("git", ["-C", repo, "-c", "user.name=t", "-c", "user.email=t@localhost", ...args])
  git("init", "-q", "-b", "main")
  git("commit", "-q", "--allow-empty", "-m", "start")
  fs.writeFileSync(path.join(repo, ".beads/issues.jsonl"), issues(nights, Date.now()))
  const environment = {
    PATH: process.env["PATH"],
    HOME: home,
    TMPDIR: root,
    GIT_CONFIG_GLOBAL: "/dev/null",
    NIGHTLY_DISPATCH_REPO_PATH: repo,
    NIGHTLY_DISPATCH_STATE_DIR: path.join(root, "state"),
    NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl",
    NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git"
  }
  return (...args: ReadonlyArray<string>) => {
    const began = performance.now()
    const { stderr, stdout } = spawnSync(process.execPath, ["--import", METER, PROGRAM, ...args], {
      cwd: repo,
      env: environment,
      encoding: "utf8"
    })
    return { wall: performance.now() - began, cpu: Number(/cpu=(\d+)/.exec(stderr)?.[1]) / 1000, stdout, stderr }
  }
}

const bench = Effect.fn("bench")(function* (attempts: number, keep: string | undefined) {
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => keep ?? fs.mkdtempSync(path.join(os.tmpdir(), "nd-bench-"))),
    (made) => Effect.sync(() => keep ?? fs.rmSync(made, { recursive: true, force: true }))
  )
  const directory = path.join(root, "state")
  const nights = fs.existsSync(path.join(directory, "journal.db"))
    ? Math.round(attempts / 200)
    : yield* makeJournal(directory, attempts, Date.now() - 6 * HOUR)
  const run = makeHost(root, nights)
  const commands = {
    "its start": ["status", "--config", "/nonexistent.yaml"],
    status: ["status"],
    "status --json": ["status", "--json"]
  }
  const all = Object.entries(commands).map(([name, args]) => ({ name, args, wall: [0], cpu: [0] }))
  for (let time = -1; time < TIMES; time++) {
    for (const command of all) {
      const { cpu, wall } = run(...command.args)
      if (time < 0) continue
      command.wall[time] = wall
      command.cpu[time] = cpu
    }
  }
  say(`${attempts} attempts, ${nights} nights; medians of ${TIMES}`)
  const [start] = all
  for (const { name, wall, cpu } of all) {
    const more = (kind: "wall" | "cpu", own: ReadonlyArray<number>) =>
      `${kind} ${median(own).toFixed(0).padStart(4)} ms (+${(median(own) - median(start?.[kind] ?? [])).toFixed(0)})`
    say(`  ${name.padEnd(16)}${more("wall", wall)}   ${more("cpu", cpu)}`)
  }
}, Effect.scoped)

const parameters = process.argv.slice(2)
const at = parameters.indexOf("--keep")
const keep = at < 0 ? undefined : parameters[at + 1]
const sizes = (at < 0 ? parameters : parameters.toSpliced(at, 2)).map(Number)
void Effect.runPromise(Effect.forEach(sizes.length === 0 ? [200_000] : sizes, (size) => bench(size, keep)))
