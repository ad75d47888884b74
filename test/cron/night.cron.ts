import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { execFile, execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Diagnosis } from "../../src/cli/doctor/Finding.ts"
import { StatusView } from "../../src/report/status/statusView.ts"

const PROGRAM = fileURLToPath(new URL("../../dist/nightly-dispatch.js", import.meta.url))
const HOME = process.env["HOME"] ?? ""
const REPO = path.join(HOME, "shop")
const LOG = path.join(HOME, "logs/dx/nightly-dispatch.log")
const SCRIPT = path.join(HOME, ".local/bin/dx-nightly-dispatcher.sh")
/** What is in the crontab before. */
const OTHERS = "# mine\n0 0 1 1 * true 5\\%\n"

const SETTINGS = `providers: [{ name: scripted, command: [sh, -c, "git commit -q --allow-empty -m wip && echo fixed >fixed.txt"] }]
workspace: { root: ${HOME}/agents }
limits: { maxDispatches: 1 } # one bug for each tick
hostGate: { maxLoadPerCore: 0 } # other tests may load the host
`

const TITLES = ["the parser loses a row", "no mail for a refund", "prices show NaN in Safari"]
const BUGS = TITLES.map((title, index) =>
  JSON.stringify({ id: `shop-${index + 1}`, title, issue_type: "bug", priority: 1 })
)

const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: REPO })
const crontab = (): string => execFileSync("crontab", ["-l"], { encoding: "utf8" })

/** The built program, as an operator starts it in the repository. */
const nd = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { cwd: REPO }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    )
  })

const status = async () => Schema.decodeUnknownSync(Schema.parseJson(StatusView))((await nd("status", "--json")).stdout)

/** Asks once a second until the answer is there. */
const until = async <A>(what: string, seconds: number, ask: () => Promise<A | undefined>): Promise<A> => {
  for (let second = 0; second < seconds; second++) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(1000)
  }
  throw new Error(
    `${what}: not within ${seconds} s. The log:\n${fs.existsSync(LOG) ? fs.readFileSync(LOG, "utf8") : "none"}`
  )
}

/** The runs that the log tells of. */
const summaries = (): ReadonlyArray<string> =>
  fs.existsSync(LOG)
    ? fs
        .readFileSync(LOG, "utf8")
        .split("\n")
        .filter((line) => line.includes("RUN_SUMMARY"))
    : []

/** The processes that cron started, and those that lost their parent; the first process of this namespace adopts them. */
const leftProcesses = (): ReadonlyArray<string> => {
  const daemon = process.env["CRON_DAEMON"] ?? ""
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n")
  return rows.filter((row) => {
    const [pid, parent] = row.trim().split(/\s+/)
    return parent === daemon || (parent === "1" && pid !== daemon && !row.includes("vitest"))
  })
}

const prepare = () => {
  fs.mkdirSync(path.join(REPO, ".beads"), { recursive: true })
  git("init", "-q", "-b", "main")
  git("config", "--global", "user.name", "op")
  git("config", "--global", "user.email", "op@localhost")
  git("commit", "-q", "--allow-empty", "-m", "start")
  fs.writeFileSync(path.join(REPO, ".beads/issues.jsonl"), `${BUGS.join("\n")}\n`)
  fs.writeFileSync(path.join(REPO, "nightly-dispatch.yaml"), SETTINGS)
  execFileSync("crontab", ["-"], { input: OTHERS })
}

it("three ticks of a real cron daemon dispatch three bugs, and nothing is left of them", async () => {
  prepare()
  const installed = await nd("cron", "install", "--yes", "--schedule", "* * * * *")
  assert.strictEqual(installed.code, 0, installed.stdout + installed.stderr)
  assert.include(installed.stdout, "rehearsed in cron's environment: 3 bugs, 1 of 1 provider ready, would dispatch 1\n")
  assert.notInclude(installed.stdout, "warning")

  await until("three ticks", 240, async () => (summaries().length >= 3 ? true : undefined))
  for (const summary of summaries()) assert.match(summary, / jobs_failed=0 .* exit=0 /)
  assert.strictEqual(fs.statSync(LOG).mode & 0o777, 0o600)

  const { recent, schedule, unsafe } = await until("three settled jobs", 60, async () => {
    const view = await status()
    return view.recent?.forReview === 3 ? view : undefined
  })
  assert.deepInclude(recent, { started: 3, failed: 0 })
  assert.deepInclude(schedule, { text: "* * * * *", from: "crontab" })
  assert.deepStrictEqual(unsafe, [])
  const { came, due, late, missed } = recent?.ticks ?? { came: 0, due: 0, late: 0, missed: [] }
  // They are counted from the first run on, whose own tick was just before it.
  assert.isAtLeast(came, 2)
  assert.deepStrictEqual([due, late, missed], [came, 0, []])

  const { stdout } = await nd("doctor", "--json")
  const { checkedAs, findings } = Schema.decodeUnknownSync(Schema.parseJson(Diagnosis))(stdout)
  assert.deepInclude(checkedAs, { assumed: false, home: HOME, directory: REPO })
  assert.deepStrictEqual(
    findings.filter(({ area, level }) => level === "problem" || (area === "schedule" && level !== "ok")),
    []
  )

  const removed = await nd("cron", "remove", "--yes")
  assert.strictEqual(removed.code, 0, removed.stdout + removed.stderr)
  assert.strictEqual(crontab(), OTHERS)
  assert.isFalse(fs.existsSync(SCRIPT))
  await until("the end of all processes", 60, async () => (leftProcesses().length === 0 ? true : undefined))
})
