import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import type { Finding } from "../../../src/cli/doctor/Finding.ts"
import { examine, notOk, type Breaking, type Host } from "./host.ts"

const TIMEOUT = 60_000

describe("doctor on a host where tonight would work", () => {
  it.scopedLive(
    "is all ok, exits 0, and says how cron was imitated",
    () =>
      Effect.gen(function* () {
        const { code, found, host, stderr, text } = yield* examine({})
        assert.deepStrictEqual(notOk(found), [
          {
            level: "none",
            area: "watcher",
            what: "the setting watch is never: jobs are settled by the next run",
            mend: "watch: auto in the settings"
          }
        ])
        assert.deepStrictEqual([code, found.exit, found.problems, stderr], [0, 0, 0, ""])
        assert.deepInclude(found.checkedAs, { assumed: false, home: host.at("home"), shell: "/bin/sh" })
        assert.include(found.checkedAs.from, host.script)
        assert.strictEqual(fs.realpathSync(found.checkedAs.directory), fs.realpathSync(host.at("repo")))
        assert.deepStrictEqual(fs.readdirSync(host.at("state")), [], "no journal is made")
        const shown = yield* text
        assert.strictEqual(shown.code, 0, shown.stdout)
        assert.match(shown.stdout, /\nReady: tonight would start\..*\n$/)
        assert.notInclude(shown.stdout, "\u001b")
        // In a pipe, each finding is one line.
        for (const { what } of found.findings.filter(({ area }) => area === "tracker" || area === "state"))
          assert.include(shown.stdout, `  ${what}\n`)
      }),
    TIMEOUT
  )

  it.scopedLive(
    "with --config: checks with that file, and its commands name it",
    () =>
      Effect.gen(function* () {
        const { found, host } = yield* examine({
          before: ({ env, write }) => void (env["SETTINGS"] = write("nd.yaml", "limits: { maxParallel: 1 }\n")),
          after: ({ lines }) => void lines.splice(0)
        })
        assert.strictEqual(found.problems, 1)
        const named = yield* host.doctor("--config", host.env["SETTINGS"] ?? "")
        const install = named.findings.find(({ area }) => area === "schedule")
        assert.strictEqual(install?.mend, `nightly-dispatch --config '${host.env["SETTINGS"]}' cron install`)
        const settings = named.findings.find(({ area }) => area === "settings")
        assert.include(settings?.what, "nd.yaml")
      }),
    TIMEOUT
  )

  it.scopedLive(
    "does not count the lines that were installed for another repository",
    () =>
      Effect.gen(function* () {
        const { found } = yield* examine({
          after: ({ lines, script }) =>
            void lines.push(
              "# >>> nightly-dispatch other-0123abcd >>>",
              `0 6-13 * * * '${script.replace(".sh", "-other-0123abcd.sh")}'`,
              "# <<< nightly-dispatch other-0123abcd <<<"
            )
        })
        assert.deepStrictEqual(
          found.findings.filter(({ area }) => area === "schedule").map(({ level }) => level),
          ["ok"]
        )
      }),
    TIMEOUT
  )

  it.scopedLive(
    "--online asks each provider",
    () =>
      Effect.gen(function* () {
        const good = yield* examine({}, "--online")
        const provider = good.found.findings.find(({ area }) => area === "provider")
        assert.match(provider?.what ?? "", /^opencode: answered in \d+\.\d s$/)
        const bad = yield* examine(
          { before: (host) => void (host.env["FAKE_DX_FAULT"] = "preflight:opencode=model-missing") },
          "--online"
        )
        assert.deepStrictEqual(
          bad.found.findings.filter(({ level }) => level === "problem").map(({ area, mend }) => [area, mend]),
          [["provider", "nightly-dispatch preflight"]]
        )
      }),
    TIMEOUT
  )
})

/** A broken host, and what doctor must say of it. */
interface Broken {
  readonly host: string
  readonly before?: Breaking
  readonly after?: Breaking
  readonly level?: Finding["level"]
  readonly area: Finding["area"]
  readonly what: RegExp
  readonly mend: RegExp
  /** Further areas that it must break. */
  readonly also?: ReadonlyArray<Finding["area"]>
}

const INSTALL = /^nightly-dispatch cron install$/
const set =
  (variables: Readonly<Record<string, string>>): Breaking =>
  (host) =>
    void Object.assign(host.env, variables)
const without =
  (name: string): Breaking =>
  (host) =>
    void delete host.env[name]
const JSONL = { NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl" }
const EVERYTHING = [
  "bash",
  "node",
  "git",
  "jq",
  "flock",
  "timeout",
  "cat",
  "sed",
  "date",
  "mkdir",
  "true",
  "ps",
  "tr",
  "dirname"
]
/** A PATH with these commands, the stand-ins, and no crontab. */
const withoutCrontab = ({ at, env }: Host, ...more: ReadonlyArray<string>) => {
  fs.mkdirSync(at("no crontab"))
  for (const command of [...EVERYTHING, "env", ...more]) {
    const found = execFileSync("bash", ["-c", `type -P ${command} || echo /bin/true`], { encoding: "utf8" }).trim()
    fs.symlinkSync(found, at(`no crontab/${command}`))
  }
  env["PATH"] = `${at("bin")}:${at("no crontab")}`
}
/** Has the schedule in systemd's timer, and not in the crontab. `state`: what systemctl says of it. */
const withTimer =
  (state: string, change: (timer: string) => string = (timer) => timer): Breaking =>
  (host) =>
    Effect.gen(function* () {
      host.write("bin/systemctl", `#!/bin/sh\n[ "$2" = is-active ] && echo ${state}\nexit 3\n`, 0o755)
      host.lines.splice(0)
      const script = fs.readFileSync(host.script, "utf8")
      const { code, stderr } = yield* host.own("cron", "install", "--for", "systemd", "--yes", "--force")
      assert.strictEqual(code, 0, stderr)
      // Its own PATH lacks the stand-ins.
      fs.writeFileSync(host.script, script)
      const directory = host.at("home/.config/systemd/user")
      const timer = fs.readdirSync(directory).find((name) => name.endsWith(".timer")) ?? ""
      fs.writeFileSync(`${directory}/${timer}`, change(fs.readFileSync(`${directory}/${timer}`, "utf8")))
    })
const but = (...left: ReadonlyArray<string>) => EVERYTHING.filter((command) => !left.includes(command))

const onlyInShell = (host: string, tool: string, area: Finding["area"]): Broken => ({
  host,
  before: ({ leave }) => leave(...but(tool)),
  area,
  what: new RegExp(`^${tool}: works in your shell, NOT under cron`),
  mend: INSTALL
})

const BROKEN: ReadonlyArray<Broken> = [
  {
    host: "no line of the crontab",
    after: ({ lines }) => void lines.splice(0),
    area: "schedule",
    what: /^nothing starts the runs: crontab -l: no crontab for tester$/,
    mend: INSTALL
  },
  {
    host: "a crontab for other things",
    after: ({ lines }) => void lines.splice(0, 1, "0 6 * * * backup"),
    area: "schedule",
    what: /^nothing starts the runs: no line of your crontab starts nightly-dispatch run$/,
    mend: INSTALL
  },
  {
    host: "a script that is missing",
    after: ({ script }) => fs.rmSync(script),
    area: "schedule",
    what: /starts .*dx-nightly-dispatcher\.sh, which does not exist$/,
    mend: INSTALL
  },
  {
    host: "a script that is not executable",
    after: ({ script }) => fs.chmodSync(script, 0o600),
    area: "schedule",
    what: /starts .*dx-nightly-dispatcher\.sh, which is not executable$/,
    mend: /^chmod 700 '.*dx-nightly-dispatcher\.sh'$/
  },
  {
    host: "a script of somebody else",
    after: ({ write }) => void write("home/.local/bin/dx-nightly-dispatcher.sh", "#!/bin/sh\nexit 0\n", 0o700),
    level: "warning",
    area: "schedule",
    what: /was not printed by nightly-dispatch: what it sets could not be checked$/,
    mend: INSTALL
  },
  {
    host: "lines that overlap",
    after: ({ lines, script }) => void lines.push(`30 5,6 * * * '${script}'`, `0 7 * * * '${script}'`),
    area: "schedule",
    what: /^3 lines of your crontab start runs, and overlap, next /,
    mend: /^crontab -e$/
  },
  {
    host: "a schedule that never comes",
    after: ({ lines, script }) => void lines.splice(0, 1, `0 6 31 2 * '${script}'`),
    area: "schedule",
    what: /^the line "0 6 31 2 \*" never comes/,
    mend: /^crontab -e$/
  },
  {
    host: "a log whose directory is missing",
    after: ({ at, lines, script }) => void lines.splice(0, 1, `0 6 * * * '${script}' >> '${at("logs/dx/log")}' 2>&1`),
    area: "schedule",
    what: /starts nothing: the directory of its log, .*logs\/dx, is missing$/,
    mend: /^mkdir -p '.*logs\/dx'$/
  },
  {
    host: "a line that starts a program that is not on cron's PATH",
    after: ({ lines }) => void lines.splice(0, 1, "0 6 * * * nightly-dispatch run"),
    area: "schedule",
    what: /starts nightly-dispatch, which cron does not find by PATH=\/usr\/bin:\/bin$/,
    mend: INSTALL,
    also: ["node", "tracker", "repository", "worktrees", "runner", "provider"]
  },
  {
    host: "an env file that other users can read",
    after: ({ at }) => fs.chmodSync(at("home/.config/nightly-dispatch/env"), 0o644),
    area: "node",
    what: /^cron would start no program: .*has to be a file of yours with mode 0600/,
    mend: INSTALL
  },
  {
    host: "a program that has moved",
    before: ({ edit }) => edit((script) => script.replace(/^program=.*$/m, "program=/nowhere/nightly-dispatch.js")),
    area: "node",
    what: /node or \/nowhere\/nightly-dispatch\.js is missing/,
    mend: INSTALL
  },
  {
    host: "settings that cannot be loaded",
    after: ({ crontab }) => void (crontab["NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL"] = "many"),
    area: "settings",
    what: /^limits\.maxParallel: /,
    mend: /NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL/
  },
  {
    host: "settings that cron does not have",
    after: set({ NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "7" }),
    level: "warning",
    area: "settings",
    what: /differ from your shell's: limits\.maxDispatches$/,
    mend: INSTALL
  },
  {
    host: "a provider that only the shell finds",
    before: ({ at, env }) => {
      fs.mkdirSync(at("own"))
      fs.renameSync(at("bin/opencode"), at("own/opencode"))
      env["NIGHTLY_DISPATCH_RUNNER_BACKEND"] = "local"
    },
    after: ({ at, env }) => void (env["PATH"] = `${env["PATH"]}:${at("own")}`),
    area: "provider",
    what: /^opencode: works in your shell, NOT under cron: not on PATH \(.*\/own\)$/,
    mend: INSTALL
  },
  {
    host: "a provider that is nowhere",
    before: ({ at, env }) => {
      fs.rmSync(at("bin/opencode"))
      env["NIGHTLY_DISPATCH_RUNNER_BACKEND"] = "local"
    },
    area: "provider",
    what: /^opencode: opencode not found on PATH$/,
    mend: /^install opencode, or providers in the settings$/
  },
  {
    host: "a provider whose token only the shell has",
    before: ({ env, write }) => {
      write("bin/claude", "#!/bin/sh\n", 0o755)
      env["NIGHTLY_DISPATCH_PROVIDERS"] = "cc-glm"
      env["NIGHTLY_DISPATCH_RUNNER_BACKEND"] = "local"
      env["ZAI_API_KEY"] = "a-token-of-the-operator"
    },
    area: "provider",
    what: /^cc-glm: works in your shell, NOT under cron: CC_GLM_AUTH_TOKEN or ZAI_API_KEY must be set$/,
    mend: /nightly-dispatch\/env/
  },
  {
    host: "a provider that the local runner does not know",
    before: set({ NIGHTLY_DISPATCH_PROVIDERS: "opncode", NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }),
    area: "provider",
    what: /did you mean opencode\?/,
    mend: /^nightly-dispatch config show$/
  },
  onlyInShell("no git under cron", "git", "repository"),
  onlyInShell("no jq under cron for dx-runner", "jq", "runner"),
  {
    host: "no runner",
    before: set({ NIGHTLY_DISPATCH_RUNNER_BACKEND: "dx-runner", NIGHTLY_DISPATCH_RUNNER_PATH: "/nowhere/dx-runner" }),
    area: "runner",
    what: /^\/nowhere\/dx-runner is not installed/,
    mend: /^install dx-runner, or runner\.backend: local/
  },
  {
    host: "a state directory that is a file",
    before: ({ at, write }) => {
      fs.rmdirSync(at("state"))
      write("state", "")
    },
    area: "state",
    what: /state: it is not a directory/,
    mend: /^stateDir: /
  },
  {
    host: "the state directory of another tracker",
    before: ({ at, env, nd }) => {
      fs.mkdirSync(at("other"))
      fs.cpSync(at("beads"), at("other"), { recursive: true })
      return Effect.asVoid(nd(["settle"], { env: { ...env, BEADS_DIR: at("other") } }))
    },
    area: "state",
    what: /serves the tracker .*\/other, not .*\/beads/,
    mend: /nightly-dispatch state adopt/
  },
  {
    host: "no tracker",
    before: without("BEADS_DIR"),
    area: "tracker",
    what: /^there is no \.beads directory/,
    mend: /^bd init/
  },
  {
    host: "a tracker that is not merged",
    before: ({ env, write }) => {
      Object.assign(env, JSONL)
      write("beads/issues.jsonl", '<<<<<<< HEAD\n{"id":"bd-1"}\n')
    },
    area: "tracker",
    what: /line 1 is a git conflict marker/,
    mend: /git status/
  },
  {
    host: "a database beside the tracker's file",
    before: ({ env, write }) => {
      Object.assign(env, JSONL)
      write("beads/issues.jsonl", "")
      write("beads/beads.db", "")
    },
    area: "tracker",
    what: /is only an export: beads\.db is beside it/,
    mend: /bd doctor/
  },
  {
    host: "a tracker that must be migrated",
    before: ({ at, env, write }) => {
      env["FAKE_BD_VERSION"] = "1.2.1"
      const state = JSON.parse(fs.readFileSync(at("beads/fake-bd.json"), "utf8"))
      write("beads/fake-bd.json", JSON.stringify({ ...state, schema: 53 }))
    },
    area: "tracker",
    what: /would migrate the store from v53 to v66/,
    mend: /bd migrate schema/
  },
  {
    host: "a bd that is too old",
    before: set({ FAKE_BD_VERSION: "0.30.1" }),
    area: "tracker",
    what: /^bd 0\.30\.1 .*is too old: 0\.46 or later is needed$/,
    mend: /^upgrade bd$/
  },
  {
    host: "leases that nothing renews",
    before: set({ FAKE_BD_VERSION: "1.2.1" }),
    level: "warning",
    area: "tracker",
    what: /nothing renews them between two runs$/,
    mend: /^watch: auto/
  },
  {
    host: "no repository",
    before: ({ at }) => fs.rmSync(at("repo/.git"), { recursive: true }),
    area: "repository",
    what: /is not a git repository$/,
    mend: /^Correct repo or repoPath$/
  },
  {
    host: "a repository without a commit",
    before: ({ at }) => {
      fs.rmSync(at("repo/.git"), { recursive: true })
      execFileSync("git", ["init", "-q"], { cwd: at("repo") })
    },
    area: "repository",
    what: /has no commit to start from$/,
    mend: /workspace\.base/
  },
  {
    host: "a worktree root that is a file",
    before: ({ write }) => void write("tmp/agents", ""),
    area: "worktrees",
    what: /agents/,
    mend: /^workspace\.root: /
  },
  {
    host: "a disk with less room than the settings want",
    before: set({ NIGHTLY_DISPATCH_LIMITS_MIN_FREE_DISK: "999999999" }),
    area: "room",
    what: /^not enough disk space for /,
    mend: /nightly-dispatch prune/
  },
  {
    host: "runs that are due before the one before must end",
    after: ({ lines, script }) => void lines.splice(0, 1, `*/30 * * * * '${script}'`),
    level: "warning",
    area: "time-outs",
    what: /^a run may take 50 min, and the next one is due 30 min after it/,
    mend: /^timeouts\.run: 30 min/
  },
  {
    host: "a node that is too old",
    before: ({ at, edit, write }) => {
      const preload = write("old.cjs", 'Object.defineProperty(process, "version", { value: "v18.20.8" })\n')
      write("old node", `#!/bin/sh\nexec '${process.execPath}' -r '${preload}' "$@"\n`, 0o755)
      edit((script) => script.replace(/^node=.*$/m, () => `node='${at("old node")}'`))
    },
    area: "node",
    what: /^node 18\.20\.8 \(.*\) is too old: 20\.18 or later is needed$/,
    mend: /^install it, then: nightly-dispatch cron install$/
  },
  {
    host: "a clock that no time server sets",
    before: ({ write }) => void write("bin/timedatectl", "#!/bin/sh\necho no\n", 0o755),
    level: "warning",
    area: "clock",
    what: /no time server sets the clock/,
    mend: /^sudo timedatectl set-ntp true$/
  },
  {
    host: "no cron daemon",
    after: ({ write }) => void write("bin/ps", "#!/bin/sh\necho init\n", 0o755),
    area: "schedule",
    what: /^no cron daemon runs here/,
    mend: /^sudo service cron start$/
  },
  {
    host: "no crontab command, but systemd",
    after: (host) => {
      withoutCrontab(host)
      host.write("bin/systemctl", "#!/bin/sh\nexit 1\n", 0o755)
    },
    area: "schedule",
    what: /^nothing starts the runs: there is no crontab command here$/,
    mend: /^nightly-dispatch cron install --for systemd$/
  },
  {
    host: "neither crontab nor systemd",
    after: (host) => withoutCrontab(host),
    area: "schedule",
    what: /^nothing starts the runs: there is no crontab command here$/,
    mend: /^sudo apt-get install cron && nightly-dispatch cron install$/
  },
  {
    host: "a timer that is not active",
    after: withTimer("inactive"),
    area: "schedule",
    what: /^nightly-dispatch-repo-[0-9a-f]{8}\.timer is not active, so nothing starts the runs$/,
    mend: /^systemctl --user daemon-reload && systemctl --user enable --now nightly-dispatch-repo-/
  },
  {
    host: "a timer of which systemd tells nothing",
    after: withTimer(""),
    level: "warning",
    area: "schedule",
    what: /^cannot tell whether nightly-dispatch-repo-.*\.timer is active/,
    mend: /^$/
  },
  {
    host: "a timer whose script is missing",
    after: (host) =>
      Effect.zipRight(
        withTimer("active")(host) ?? Effect.void,
        Effect.sync(() => fs.rmSync(host.script))
      ),
    area: "schedule",
    what: /\.timer starts .*dx-nightly-dispatcher\.sh, which does not exist$/,
    mend: /^nightly-dispatch cron install --for systemd$/
  },
  {
    host: "a timer that was changed by hand",
    after: withTimer("active", (timer) => timer.replace("06..13", "05..13")),
    level: "warning",
    area: "schedule",
    what: /\.timer: its times were changed by hand, so it is not known when runs are due$/,
    mend: /^nightly-dispatch cron install --for systemd, or set schedule in the settings$/
  },
  {
    host: "a timer beside the line of the crontab",
    after: (host) =>
      Effect.gen(function* () {
        const lines = [...host.lines]
        yield* withTimer("active")(host) ?? Effect.void
        host.lines.push(...lines)
      }),
    level: "warning",
    area: "schedule",
    what: /\.timer starts runs too, besides your crontab: they would come twice$/,
    mend: /^nightly-dispatch cron remove --for systemd$/
  },
  onlyInShell("no flock under cron for dx-runner", "flock", "runner"),
  onlyInShell("no timeout under cron for dx-runner", "timeout", "runner"),
  {
    host: "a base that is not in the repository",
    before: set({ NIGHTLY_DISPATCH_WORKSPACE_BASE: "no-such-branch" }),
    area: "repository",
    what: /no-such-branch/,
    mend: /workspace\.base/
  },
  {
    host: "a journal that is damaged",
    before: ({ write }) => void write("state/journal.db", "no database"),
    area: "state",
    what: /journal/,
    mend: /nightly-dispatch status/
  },
  {
    host: "a journal whose database is away",
    before: ({ write }) =>
      void write(
        "home/.config/nightly-dispatch/nightly-dispatch.yaml",
        'journal: "postgres://op:moonshine@127.0.0.1:1/nightly"\n'
      ),
    area: "journal",
    what: /^postgres:\/\/127\.0\.0\.1:1\/nightly: the database does not answer/,
    mend: /^See whether it runs/
  },
  {
    host: "a state directory that was copied from another host",
    before: ({ at, nd, write }) =>
      Effect.map(nd(["settle"]), () => {
        const identity = JSON.parse(fs.readFileSync(at("state/identity.json"), "utf8"))
        write("state/identity.json", JSON.stringify({ ...identity, machine: "0".repeat(32) }))
      }),
    level: "warning",
    area: "state",
    what: /is a copy of another: claims of that one are left alone$/,
    mend: /^nightly-dispatch state adopt/
  },
  {
    host: "no directory for temporary files",
    after: ({ at }) => fs.appendFileSync(at("home/.config/nightly-dispatch/env"), "TMPDIR=/nowhere/tmp\n"),
    area: "room",
    what: /\/nowhere\/tmp/,
    mend: /^set TMPDIR/
  },
  {
    host: "mail without sendmail",
    before: set({
      NIGHTLY_DISPATCH_ALERTS_MAIL: "op@example.org",
      NIGHTLY_DISPATCH_ALERTS_SENDMAIL: "/nowhere/sendmail"
    }),
    area: "alerts",
    what: /^alerts\.mail is set, and a run from cron finds no sendmail/,
    mend: /^sudo apt-get install msmtp-mta, or alerts\.sendmail: FILE/
  },
  {
    host: "no channel for alerts",
    before: without("NIGHTLY_DISPATCH_ALERTS_COMMAND"),
    level: "none",
    area: "alerts",
    what: /^no channel is set, so you get no message when a run fails or does not come$/,
    mend: /^nightly-dispatch config init --alerts$/
  },
  {
    host: "an alert program that is missing",
    before: set({ NIGHTLY_DISPATCH_ALERTS_COMMAND: "/nowhere/tell" }),
    area: "alerts",
    what: /^\/nowhere\/tell is not installed/,
    mend: /^alerts\.command/
  }
]

describe.concurrent("doctor on a broken host finds", () => {
  for (const { after, also = [], area, before, host, level = "problem", mend, what } of BROKEN) {
    it.scopedLive(
      host,
      () =>
        Effect.gen(function* () {
          const { code, found } = yield* examine({ ...(before && { before }), ...(after && { after }) })
          const bad = notOk(found)
          const finding = bad.find((each) => each.area === area && each.level === level && what.test(each.what))
          assert.isDefined(finding, JSON.stringify(bad, null, 2))
          assert.match(finding?.mend ?? "", mend)
          assert.strictEqual(code, found.problems > 0 ? 1 : 0)
          assert.isTrue(level !== "problem" || code === 1)
          const others = bad.filter((each) => each.level === "problem" && ![area, ...also].includes(each.area))
          assert.deepStrictEqual(others, [], "and no other problem")
        }),
      TIMEOUT
    )
  }
})
