import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scheduleName } from "../../../src/cli/cron/block.ts"
import { wrapperFacts } from "../../../src/cli/cron/wrapperScript.ts"
import { TEMPORARY } from "../../temporary.ts"
import { commandLine, type Finished } from "../commandLine.ts"
import { FIXTURES } from "../world.ts"

const REPORT = {
  run: "20261127T060000Z-abcdef",
  startedAt: "2026-11-27T06:00:00.000Z",
  dryRun: true,
  backends: { beads: "jsonl", runner: "local", workspace: "git" },
  fetched: 6,
  chosen: 2,
  dispatched: 0,
  failed: 0,
  skipped: 0,
  settled: 0,
  exit: 0,
  durationMs: 1,
  providers: ["opencode", "gemini"].map((provider) => ({
    provider,
    available: provider === "opencode",
    detail: "",
    lines: [],
    durationMs: 1
  })),
  outcomes: [{ _tag: "Planned", beads: "bd-1", provider: "opencode", title: "x" }]
}

/** In place of the program: says what it saw, and what a dry run prints. `fail` beside it makes it fail. */
const PROGRAM = `
const fs = require("node:fs")
fs.writeFileSync(__filename + ".seen", JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), env: process.env }))
if (fs.existsSync(__filename + ".fail")) {
  console.log(JSON.stringify({ error: { what: "there is no such file", where: "tracker", next: null, exit: 4 } }))
  process.exit(4)
}
console.log(${JSON.stringify(JSON.stringify(REPORT))})
`

interface Host {
  /** The name of the schedule of `repo`. */
  readonly name: string
  readonly home: string
  readonly repo: string
  readonly at: (name: string) => string
  readonly nd: (
    args: ReadonlyArray<string>,
    more?: { readonly env?: Record<string, string>; readonly cwd?: string }
  ) => Effect.Effect<Finished>
  /** Any command line. */
  readonly command: (args: ReadonlyArray<string>) => Effect.Effect<Finished>
  readonly crontab: () => string | undefined
  readonly setCrontab: (text: string | Uint8Array) => void
  readonly seen: () => {
    readonly args: ReadonlyArray<string>
    readonly cwd: string
    readonly env: Record<string, string>
  }
  readonly tool: (name: string, text: string) => void
}

const BASE = ["bash", "env", "sh", "git", "cat", "mv", "tail"]

/** A host with a home, a repository, a crontab of its own and only the tools that are named. */
const host: Effect.Effect<Host, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(TEMPORARY, "nd install it's 5% ")))),
    (root) => Effect.sync(() => fs.rmSync(root, { recursive: true, force: true }))
  ),
  (root) => {
    const at = (name: string) => path.join(root, name)
    const [home, repo, program] = [at("home dir"), at("home dir/shop"), at("program.cjs")]
    for (const directory of [home, repo, at("bin"), at("tmp"), at("agents")])
      fs.mkdirSync(directory, { recursive: true })
    fs.writeFileSync(program, PROGRAM)
    execFileSync("git", ["init", "-q", repo])
    for (const name of BASE)
      fs.symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), at(`bin/${name}`))
    fs.symlinkSync(path.join(FIXTURES, "crontab"), at("bin/crontab"))
    const tool = (name: string, text: string) => fs.writeFileSync(at(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    // Never this machine's own: it would be asked about the developer's units.
    tool("bin/systemctl", "exit 1")
    tool("bin/ps", "echo cron")
    const env = { PATH: at("bin"), HOME: home, LOGNAME: "tester", TMPDIR: at("tmp"), TZ: "UTC" }
    return {
      name: scheduleName({ name: "shop", path: repo }),
      home,
      repo,
      at,
      tool,
      nd: (args, more = {}) =>
        commandLine(["cron", ...args], { ...env, ...more.env }, more.cwd ?? repo, { node: process.execPath, program }),
      command: (args) => commandLine(args, env, repo, { node: process.execPath, program }),
      crontab: () => (fs.existsSync(`${home}/crontab`) ? fs.readFileSync(`${home}/crontab`, "utf8") : undefined),
      setCrontab: (text) => fs.writeFileSync(`${home}/crontab`, text),
      seen: () => JSON.parse(fs.readFileSync(`${program}.seen`, "utf8"))
    }
  }
)

const test = (name: string, body: (machine: Host) => Effect.Effect<void, never, Scope.Scope>) =>
  it.scopedLive(name, () => Effect.flatMap(host, body), 60_000)

const SCRIPT = ".local/bin/dx-nightly-dispatcher.sh"
const OTHERS = "# mine\nMAILTO=op\n0 1 * * * backup 5\\%\n"

describe("cron install", () => {
  test("shows the difference, rehearses as cron starts it, writes script and lines, and keeps a backup", (machine) =>
    Effect.gen(function* () {
      const { crontab, home, name, nd, repo, seen, setCrontab } = machine
      setCrontab(OTHERS)
      const { code, stderr, stdout } = yield* nd(["install", "--yes"], {
        env: {
          TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          NIGHTLY_DISPATCH_METRICS_FILE: "m.prom"
        }
      })
      assert.deepStrictEqual([code, stderr], [0, ""], stdout)
      const script = `${home}/${SCRIPT}`
      assert.include(
        stdout,
        `writes  ${script}  (new, 0700)\ncrontab of tester:\n+ # >>> nightly-dispatch ${name} >>>\n+ 0 6-13 * * * `
      )
      assert.include(
        stdout,
        "rehearsed in cron's environment: 6 bugs, 1 of 2 providers ready, would dispatch 1\ninstalled · backup "
      )
      assert.match(stdout, /next run (\w{3} )?\d\d:00 \(.*\) · undo: nightly-dispatch cron remove\n$/)
      assert.strictEqual(fs.statSync(script).mode & 0o777, 0o700)
      assert.isTrue(fs.statSync(`${home}/logs/dx`).isDirectory())
      assert.isTrue(crontab()?.startsWith(OTHERS))
      const [begin, line, end] = (crontab() ?? "").slice(OTHERS.length).split("\n")
      assert.deepStrictEqual([begin, end], [`# >>> nightly-dispatch ${name} >>>`, `# <<< nightly-dispatch ${name} <<<`])
      assert.match(line ?? "", /^0 6-13 \* \* \* .*dx-nightly-dispatcher\.sh'? >> /)
      const backup = /backup (.*?) ·/.exec(stdout)?.[1] ?? ""
      assert.strictEqual(fs.readFileSync(backup, "utf8"), OTHERS)
      assert.strictEqual(fs.statSync(backup).mode & 0o777, 0o600)
      const { args, cwd, env } = seen()
      assert.deepStrictEqual([args, cwd], [["run", "--dry-run", "--json"], repo])
      assert.deepStrictEqual(
        [env["LOGNAME"], env["SHELL"], env["TMPDIR"], env["TRACEPARENT"], env["NIGHTLY_DISPATCH_METRICS_FILE"]],
        ["tester", "/bin/sh", undefined, undefined, `${repo}/m.prom`]
      )
    }))

  test("changes nothing the second time, and takes over another schedule; remove leaves the bytes as they were", (machine) =>
    Effect.gen(function* () {
      const { crontab, home, nd, setCrontab } = machine
      setCrontab(OTHERS)
      assert.strictEqual(
        (yield* nd(["install", "--yes", "--schedule", "30 2 * * *", "--path", machine.at("agents")])).code,
        0
      )
      const [script, lines] = [fs.readFileSync(`${home}/${SCRIPT}`, "utf8"), crontab()]
      const again = yield* nd(["install"])
      assert.strictEqual(again.code, 0, again.stderr)
      assert.include(again.stdout, "nothing to change: ")
      assert.match(again.stdout, /next run (\w{3} )?02:30/)
      assert.deepStrictEqual([fs.readFileSync(`${home}/${SCRIPT}`, "utf8"), crontab()], [script, lines])
      assert.deepInclude(wrapperFacts(script), { name: machine.name, given: [machine.at("agents")], isUnchanged: true })

      const changed = yield* nd(["install", "--yes", "--schedule", "0 3 * * *"])
      assert.match(changed.stdout, /^crontab of tester:\n- 30 2 \* \* \* .*\n\+ 0 3 \* \* \* .*\n/)
      const removed = yield* nd(["remove", "--yes"])
      assert.strictEqual(removed.code, 0, removed.stderr)
      assert.include(removed.stdout, `removes  ${home}/${SCRIPT}\n`)
      assert.strictEqual(crontab(), OTHERS)
      assert.isFalse(fs.existsSync(`${home}/${SCRIPT}`))
      const none = yield* nd(["remove"])
      assert.deepStrictEqual([none.code, none.stdout.slice(0, 18)], [0, "nothing to remove:"])
    }))

  test("asks on a terminal only: elsewhere it shows the difference, changes nothing and exits 2", (machine) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* machine.nd(["install"])
      assert.strictEqual(code, 2)
      assert.include(stdout, "+ 0 6-13 * * * ")
      assert.include(stderr, "stdin is no terminal, so cron install cannot ask you. It has changed nothing. Add --yes")
      assert.isUndefined(machine.crontab())
      assert.isFalse(fs.existsSync(`${machine.home}/.local`))
    }))

  test("stops where the rehearsal fails, except with --force", (machine) =>
    Effect.gen(function* () {
      fs.writeFileSync(machine.at("program.cjs.fail"), "")
      const failed = yield* machine.nd(["install", "--yes"])
      assert.strictEqual(failed.code, 1)
      assert.include(failed.stdout, "rehearsed in cron's environment: tracker: there is no such file (exit 4)\n")
      assert.include(failed.stderr, "not installed, because")
      assert.isUndefined(machine.crontab())
      assert.strictEqual((yield* machine.nd(["install", "--yes", "--force"])).code, 0)
      assert.include(machine.crontab() ?? "", `nightly-dispatch ${machine.name}`)
    }))

  test("never takes a crontab that cannot be read for an empty one", (machine) =>
    Effect.gen(function* () {
      machine.setCrontab(Buffer.from([...Buffer.from("# caf"), 0xe9, 0x0a]))
      const bytes = yield* machine.nd(["install", "--yes"])
      assert.strictEqual(bytes.code, 1)
      assert.include(bytes.stderr, "bytes that are not UTF-8")
      fs.rmSync(machine.at("bin/crontab"))
      machine.tool("bin/crontab", 'echo "you (tester) are not allowed to use this program" >&2; exit 1')
      const denied = yield* machine.nd(["install", "--yes"])
      assert.strictEqual(denied.code, 1)
      assert.include(denied.stderr, "not allowed to use this program. Nothing was changed")
      fs.rmSync(machine.at("bin/crontab"))
      const missing = yield* machine.nd(["install", "--yes"])
      assert.strictEqual(missing.code, 5)
      assert.include(missing.stderr, "there is no crontab command here. Install cron, or use systemd")
    }))

  test("notices a crontab that another changes meanwhile", (machine) =>
    Effect.gen(function* () {
      machine.setCrontab(OTHERS)
      // The rehearsal stands for the time in which the operator thinks.
      fs.appendFileSync(
        machine.at("program.cjs"),
        `fs.appendFileSync(${JSON.stringify(`${machine.home}/crontab`)}, "0 2 * * * new\\n")\n`
      )
      const { code, stderr } = yield* machine.nd(["install", "--yes"])
      assert.strictEqual(code, 1)
      assert.include(stderr, "your crontab was changed meanwhile")
      assert.strictEqual(machine.crontab(), `${OTHERS}0 2 * * * new\n`)
    }))

  test("says that crontab refused the lines, and where the old ones are", (machine) =>
    Effect.gen(function* () {
      machine.setCrontab(`${OTHERS}0 2 * * * unended`)
      const { code, stderr } = yield* machine.nd(["install", "--yes"])
      assert.strictEqual(code, 1)
      assert.match(stderr, /missing newline before EOF.* Look at it: crontab -l. The crontab as it was: .*crontab\.bak/)
      assert.strictEqual(machine.crontab(), `${OTHERS}0 2 * * * unended`)
    }))

  test("warns of lines that start runs too, and of a missing daemon", (machine) =>
    Effect.gen(function* () {
      machine.setCrontab(`0 5 * * * nightly-dispatch run\n# 0 5 * * * nightly-dispatch run\n`)
      machine.tool("bin/ps", "echo init; echo cronie")
      const { stdout } = yield* machine.nd(["install"])
      assert.include(
        stdout,
        "warning: line 1 of your crontab starts runs too: 0 5 * * * nightly-dispatch run; they would"
      )
      assert.notInclude(stdout, "line 2")
      assert.include(stdout, "warning: no cron daemon runs here, so cron starts nothing. Start it: sudo systemctl")
      machine.tool("bin/ps", "echo init; echo /usr/sbin/cron")
      assert.notInclude((yield* machine.nd(["install"])).stdout, "daemon")
    }))

  test("gives a second repository a script of its own, and keeps a script that a person wrote or changed", (machine) =>
    Effect.gen(function* () {
      const { crontab, home, nd } = machine
      const script = `${home}/${SCRIPT}`
      fs.mkdirSync(path.dirname(script), { recursive: true })
      fs.writeFileSync(script, "echo mine\n")
      const first = yield* nd(["install", "--yes"])
      assert.include(first.stdout, `the old one stays as ${script}.bak`)
      assert.strictEqual(fs.readFileSync(`${script}.bak`, "utf8"), "echo mine\n")
      const other = machine.at("home dir/api")
      execFileSync("git", ["init", "-q", other])
      assert.strictEqual((yield* nd(["install", "--yes"], { cwd: other })).code, 0)
      assert.include(crontab() ?? "", `dx-nightly-dispatcher-${scheduleName({ name: "api", path: other })}.sh`)
      fs.appendFileSync(script, "# changed\n")
      const removed = yield* nd(["remove", "--yes"])
      assert.include(removed.stdout, `stays  ${script}  (not as nightly-dispatch made it)`)
      assert.isTrue(fs.existsSync(script))
      assert.match(
        crontab() ?? "",
        /^# >>> nightly-dispatch api-\w{8} >>>\n.*\n# <<< nightly-dispatch api-\w{8} <<<\n$/
      )
    }))

  test("keeps two repositories with one directory name apart", (machine) =>
    Effect.gen(function* () {
      const { crontab, home, name, nd } = machine
      const other = machine.at("home dir/work/shop")
      execFileSync("git", ["init", "-q", other])
      const otherName = scheduleName({ name: "shop", path: other })
      for (const cwd of [machine.repo, other]) assert.strictEqual((yield* nd(["install", "--yes"], { cwd })).code, 0)
      assert.lengthOf(crontab()?.match(/^# >>> /gm) ?? [], 2)
      assert.include(crontab() ?? "", `dx-nightly-dispatcher-${otherName}.sh`)
      for (const cwd of [machine.repo, other]) {
        assert.include((yield* nd(["install"], { cwd })).stdout, "nothing to change")
      }
      assert.strictEqual((yield* nd(["remove", "--yes"])).code, 0)
      assert.notInclude(crontab() ?? "", name)
      assert.include(crontab() ?? "", `# >>> nightly-dispatch ${otherName} >>>`)
      assert.deepStrictEqual(fs.readdirSync(`${home}/.local/bin`), [`dx-nightly-dispatcher-${otherName}.sh`])
    }))

  test("knows its lines and its script by the name that earlier versions gave them", (machine) =>
    Effect.gen(function* () {
      const { crontab, home, name, nd, setCrontab } = machine
      const script = `${home}/${SCRIPT}`
      setCrontab(OTHERS)
      assert.strictEqual((yield* nd(["install", "--yes"])).code, 0)
      const earlier = (text = "") => text.replaceAll(name, "shop")
      setCrontab(earlier(crontab()))
      fs.writeFileSync(script, earlier(fs.readFileSync(script, "utf8")))
      assert.strictEqual((yield* nd(["install", "--yes"])).code, 0)
      assert.lengthOf(crontab()?.match(/^# >>> nightly-dispatch shop >>>$/gm) ?? [], 1)
      assert.lengthOf(crontab()?.match(/^# >>> /gm) ?? [], 1)
      // Also where the script is missing, which could say whose it is.
      fs.rmSync(script)
      assert.strictEqual((yield* nd(["install", "--yes"])).code, 0)
      assert.lengthOf(crontab()?.match(/^# >>> /gm) ?? [], 1)
      // Not where the script is that of another repository with this name.
      const other = machine.at("home dir/work/shop")
      execFileSync("git", ["init", "-q", other])
      assert.strictEqual((yield* nd(["install", "--yes"], { cwd: other })).code, 0)
      assert.lengthOf(crontab()?.match(/^# >>> /gm) ?? [], 2)
      assert.strictEqual((yield* nd(["remove", "--yes"], { cwd: other })).code, 0)
      assert.strictEqual((yield* nd(["remove", "--yes"])).code, 0)
      assert.strictEqual(crontab(), OTHERS)
    }))

  test("--shadow schedules shadow runs, which are no runs; --replace switches over in one write, remove --restore goes back", (machine) =>
    Effect.gen(function* () {
      const { crontab, nd, setCrontab } = machine
      const old = "MAILTO=op\n30 5 * * * old_dispatch.py --night\n# mine\nX=1\n0 1 * * * backup 5\\%\n"
      setCrontab(old)
      const shadow = yield* nd(["install", "--shadow", "--yes", "--schedule", "30 5 * * *"])
      assert.strictEqual(shadow.code, 0, shadow.stderr)
      assert.match(shadow.stdout, /next shadow run (\w{3} )?05:30 \(.*\) · undo: nightly-dispatch cron remove\n$/)
      assert.match(crontab() ?? "", /^30 5 \* \* \* .*dx-nightly-dispatcher\.sh'? run --shadow >> /m)
      assert.isTrue(crontab()?.startsWith(old), "the old job goes on")
      assert.include((yield* nd(["install", "--shadow"])).stdout, "nothing to change")
      const status = yield* machine.command(["status", "--json"])
      assert.isNull(JSON.parse(status.stdout).schedule?.text ?? null, "a shadow run is no run that is due")

      const replaced = yield* nd(["install", "--replace", "old_dispatch.py", "--yes"])
      assert.strictEqual(replaced.code, 0, replaced.stderr)
      assert.include(replaced.stdout, "\n- 30 5 * * * old_dispatch.py --night\n")
      assert.match(replaced.stdout, /\n\+ # replaced 1: 30 5 \* \* \* old_dispatch\.py --night\n/)
      assert.match(replaced.stdout, /next run (\w{3} )?05:30 \(.*\) · undo: nightly-dispatch cron remove --restore\n$/)
      const lines = (crontab() ?? "").split("\n")
      assert.lengthOf(
        lines.filter((each) => /^[\d@]/.test(each)),
        2,
        "backup, and our run"
      )
      assert.notInclude(crontab() ?? "", "--shadow")
      assert.deepStrictEqual(lines.slice(0, 4), ["MAILTO=op", "# mine", "X=1", "0 1 * * * backup 5\\%"])
      const installed = crontab()
      for (const again of [["install", "--replace", "old_dispatch.py"], ["install"]])
        assert.include((yield* nd(again)).stdout, "nothing to change")
      assert.strictEqual((yield* nd(["install", "--schedule", "0 3 * * *", "--yes"])).code, 0)
      assert.include(crontab() ?? "", "# replaced 1: 30 5 * * * old_dispatch.py --night\n")
      assert.strictEqual((yield* nd(["install", "--schedule", "30 5 * * *", "--yes"])).code, 0)
      assert.strictEqual(crontab(), installed)

      const kept = yield* nd(["remove", "--yes"])
      assert.deepStrictEqual([kept.code, crontab()], [2, installed], "nothing is lost")
      assert.include(kept.stderr, "Add --restore")
      const restored = yield* nd(["remove", "--restore", "--yes"])
      assert.strictEqual(restored.code, 0, restored.stderr)
      assert.include(restored.stdout, "\n+ 30 5 * * * old_dispatch.py --night\n")
      assert.include(restored.stdout, "removed · put back: 1 · backup ")
      assert.strictEqual(crontab(), old)
    }))

  test("--replace refuses words that are in no line or in ours, and what is no crontab", (machine) =>
    Effect.gen(function* () {
      machine.setCrontab(`${OTHERS}0 2 * * * old.sh\n`)
      for (const [words, why] of [
        ["older", 'no line of your crontab has "older". Its lines: 0 1 * * * backup 5\\% | 0 2 * * * old.sh'],
        ["dx-nightly-dispatcher", "is also in a line of nightly-dispatch's own"],
        [" ", "--replace takes words"]
      ] as const) {
        const { code, stderr, stdout } = yield* machine.nd(["install", "--yes", "--replace", words])
        assert.deepStrictEqual([code, stdout], [2, ""], words)
        assert.include(stderr, why)
      }
      for (const args of [
        ["install", "--for", "systemd", "--replace", "old.sh"],
        ["install", "--for", "launchd", "--replace", "old.sh"],
        ["install", "--for", "systemd", "--shadow"],
        ["print", "--for", "systemd", "--shadow"],
        ["remove", "--for", "systemd", "--restore"],
        ["install", "--shadow", "--replace", "old.sh"]
      ])
        assert.strictEqual(
          (yield* machine.nd([...args, ...(args[0] === "print" ? [] : ["--yes"])])).code,
          2,
          args.join(" ")
        )
      const systemd = yield* machine.nd(["install", "--for", "systemd", "--replace", "old.sh", "--yes"])
      assert.include(systemd.stderr, "systemctl --user disable --now OLD.timer")
      assert.strictEqual(machine.crontab(), `${OTHERS}0 2 * * * old.sh\n`)
      assert.match((yield* machine.nd(["print", "--shadow"])).stdout, / run --shadow >> .* 2>&1\n$/)
    }))

  test("refuses what is no schedule, and a directory that is not there", (machine) =>
    Effect.gen(function* () {
      for (const args of [
        ["--schedule", "0 25 * * *"],
        ["--schedule", "0 0 30 2 *"],
        ["--schedule", "@reboot"],
        ["--path", "none"]
      ]) {
        const { code, stdout } = yield* machine.nd(["install", "--yes", ...args])
        assert.deepStrictEqual([code, stdout], [2, ""], args.join(" "))
      }
    }))
})

const asks = (machine: Host) => fs.readFileSync(machine.at("systemctl.log"), "utf8").trim().split("\n")

describe("the script of cron wrapper and cron install", () => {
  test("finds every tool that the settings or a run need, in the order of our PATH, and names the settings file", (machine) =>
    Effect.gen(function* () {
      const { at, home, nd, repo, seen } = machine
      const tools = ["wt/dx-worktree", "agent dir/my-agent", "lfs/git-lfs", "verify/check", "bd/bd"]
      for (const tool of [...tools, "none/other"]) {
        fs.mkdirSync(path.dirname(at(tool)), { recursive: true })
        machine.tool(tool, "exit 0")
      }
      const settings = `${home}/nd.yaml`
      fs.writeFileSync(settings, "providers: [{ name: mine, command: [my-agent, go] }]\nverify: { command: [check] }\n")
      const directories = tools.map((tool) => path.dirname(at(tool)))
      const env = { PATH: [at("bin"), ...directories.toReversed(), at("none")].join(":") }
      const { code, stdout } = yield* nd(["install", "--yes", "--config", settings, "--path", at("agents")], { env })
      assert.strictEqual(code, 0, stdout)
      const found = seen().env
      const own = [at("agents"), at("bin"), ...directories.toReversed()]
      assert.deepStrictEqual(
        found["PATH"]?.split(":").filter((directory) => own.includes(directory)),
        own
      )
      assert.notInclude(found["PATH"] ?? "", at("none"))
      assert.strictEqual(found["NIGHTLY_DISPATCH_CONFIG"], settings)
      assert.strictEqual(seen().cwd, repo)
      const printed = yield* nd(["wrapper", "--config", settings], { env })
      assert.strictEqual(printed.stdout, fs.readFileSync(`${home}/${SCRIPT}`, "utf8"))
    }))
})

describe("cron install --for systemd", () => {
  test("writes service and timer, starts the timer where the user manager answers, and removes them again", (machine) =>
    Effect.gen(function* () {
      const { at, home, nd } = machine
      machine.tool("bin/systemctl", `echo "$*" >> '${at("systemctl.log").replaceAll("'", "'\\''")}'`)
      const { code, stderr, stdout } = yield* nd(["install", "--for", "systemd", "--yes", "--schedule", "0 6 * * 1-5"])
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, "+ OnCalendar=Mon..Fri *-*-* 06:00:00\n")
      const status = yield* machine.command(["status", "--json"])
      assert.include(JSON.parse(status.stdout).schedule, { text: "0 6 * * 1-5", from: "systemd" })
      const units = `${home}/.config/systemd/user`
      const timer = `nightly-dispatch-${machine.name}.timer`
      assert.deepStrictEqual(fs.readdirSync(units), [`nightly-dispatch-${machine.name}.service`, timer])
      assert.deepStrictEqual(asks(machine), [
        "--user show-environment",
        "--user daemon-reload",
        `--user enable ${timer}`,
        `--user restart ${timer}`
      ])
      assert.include(
        (yield* nd(["install", "--for", "systemd", "--schedule", "0 6 * * 1-5"])).stdout,
        "nothing to change"
      )
      assert.include((yield* nd(["install"])).stdout, `${timer} starts runs too; they would come twice`)
      const removed = yield* nd(["remove", "--for", "systemd", "--yes"])
      assert.strictEqual(removed.code, 0, removed.stderr)
      assert.deepStrictEqual(fs.readdirSync(units), [])
      assert.isFalse(fs.existsSync(`${home}/${SCRIPT}`))
      assert.deepStrictEqual(
        asks(machine)
          .filter((line) => !line.endsWith("show-environment"))
          .slice(-2),
        [`--user disable --now ${timer}`, "--user daemon-reload"]
      )
    }))

  test("prints the commands where no user manager answers; print shows the files", (machine) =>
    Effect.gen(function* () {
      const { stdout } = yield* machine.nd(["install", "--for", "systemd", "--yes"])
      assert.include(stdout, "it starts nothing until you run:\n  systemctl --user daemon-reload\n")
      const printed = yield* machine.nd(["print", "--for", "systemd"])
      assert.match(
        printed.stdout,
        /^# .*nightly-dispatch-shop-\w{8}\.service\n[\s\S]*\n# .*shop-\w{8}\.timer\n[\s\S]*OnCalendar=/
      )
    }))
})

describe("cron remove --for systemd", () => {
  test("leaves the script where the crontab starts it, or may start it", (machine) =>
    Effect.gen(function* () {
      const { home, nd } = machine
      assert.strictEqual((yield* nd(["install", "--yes"])).code, 0)
      const stays = `stays  ${home}/${SCRIPT}  (another schedule may start it)`
      assert.strictEqual((yield* nd(["install", "--for", "systemd", "--yes"])).code, 0)
      assert.include((yield* nd(["remove", "--for", "systemd", "--yes"])).stdout, stays)
      const installed = yield* nd(["install", "--for", "systemd", "--yes"])
      assert.include(installed.stdout, "warning: line 2 of your crontab starts runs too")
      fs.rmSync(machine.at("bin/crontab"))
      machine.tool("bin/crontab", "exit 1")
      assert.include((yield* nd(["remove", "--for", "systemd", "--yes"])).stdout, stays)
      assert.isTrue(fs.existsSync(`${home}/${SCRIPT}`))
    }))
})

describe("cron install --for launchd", () => {
  test("writes a property list; a schedule that launchd cannot say is wrong usage", (machine) =>
    Effect.gen(function* () {
      const { stdout } = yield* machine.nd(["install", "--for", "launchd", "--yes"])
      assert.include(stdout, "  launchctl bootstrap gui/$(id -u) ")
      const list = fs.readFileSync(
        `${machine.home}/Library/LaunchAgents/nightly-dispatch.${machine.name}.plist`,
        "utf8"
      )
      const printed = yield* machine.nd(["print", "--for", "launchd"])
      assert.strictEqual(printed.stdout, list)
      const many = yield* machine.nd(["print", "--for", "launchd", "--schedule", "*/5 0-20 * * *"])
      assert.deepStrictEqual([many.code, many.stdout], [2, ""])
      assert.include(many.stderr, "launchd needs 252 entries")
    }))
})
