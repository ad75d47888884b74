import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import packageJson from "../../package.json" with { type: "json" }
import { hoistGlobals } from "../../src/cli/arguments.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import { machine } from "./world.ts"

const BUGS = [
  { id: "bd-1", title: "the parser loses the last row", priority: 0 },
  { id: "bd-2", title: "totals are rounded twice" },
  { id: "bd-3", title: "dates before 1970 come out empty" }
]
const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(RunReport))
const has = (text: string, pattern: RegExp) => assert.match(text, pattern)

// Most command lines run in this process: `nd`. What only a process shows is a process: `program`. The tools always are, and
// they are slow on a busy machine.
describe("the command line", { timeout: 60_000 }, () => {
  it.scopedLive("--help and --version print on stdout, without colour in a pipe", () =>
    Effect.gen(function* () {
      const { nd, program } = yield* machine([])
      const help = yield* program(["--help"])
      assert.strictEqual(help.code, 0)
      for (const command of ["run", "preflight", "claim", "release", "config", "cron", "demo"])
        assert.include(help.stdout, command)
      assert.notInclude(help.stdout, "\u001b")
      const version = yield* nd(["--version"])
      assert.deepStrictEqual([version.code, version.stdout.trim()], [0, packageJson.version])
    })
  )

  it.scopedLive("wrong usage ends with 2 and a message on stderr, and touches nothing", () =>
    Effect.gen(function* () {
      const { nd, root } = yield* machine(BUGS)
      const wrong: ReadonlyArray<ReadonlyArray<string>> = [
        [],
        ["run", "--frobnicate"],
        ["run", "--max", "many"],
        ["claim"],
        ["claim", "../bd-1"],
        ["claim", "bd-1\nbd-2"],
        ["release", "--", "-rf"],
        ["frobnicate"]
      ]
      const results = yield* Effect.forEach(wrong, (args) => nd(args))
      assert.deepStrictEqual(
        results.map(({ code }) => code),
        wrong.map(() => 2)
      )
      for (const { stderr } of results) assert.notStrictEqual(stderr.trim(), "")
      assert.isEmpty(yield* Effect.promise(() => fs.readdir(path.join(root, "state"))))
    })
  )

  it.scopedLive("stdout holds only the result, at any log level", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const config = yield* world.nd(["config", "show", "--json", "--log-level", "all"])
      assert.strictEqual(JSON.parse(config.stdout).settings[0].key, "repo")
      const run = yield* world.program(["run", "--dry-run", "--json", "--log-level", "all", "--log-format", "json"])
      assert.strictEqual(decodeReport(run.stdout).chosen, 3)
      for (const line of run.stderr.trim().split("\n")) assert.isString(JSON.parse(line).level)
      has(run.stderr, /"event":"DISPATCH_PLANNED","beads":"bd-1","provider":"opencode"/)
      const env = { NIGHTLY_DISPATCH_LOG_LEVEL: "error" }
      const quiet = yield* world.nd(["run", "--dry-run"], { env })
      const silent = yield* world.nd(["run", "--dry-run", "--log-level", "none"], { env })
      for (const { stderr } of [quiet, silent]) {
        assert.match(
          stderr,
          /^(?:ts=2\S+Z run=2\S+ \S+ (?:DISPATCH_PLANNED|PROVIDER_FALLBACK) .*\n){4}ts=2\S+Z run=(2\S+) RUN_SUMMARY run=\1 .*\n$/
        )
      }
      const pretty = yield* world.program(["run", "--dry-run", "--log-format", "pretty"], { env })
      has(pretty.stderr, /^ts=\S+ run=\S+ RUN_SUMMARY run=/m)
      assert.include((yield* world.nd(["run", "--dry-run", "--log-level", "info"], { env })).stderr, "level=INFO")
    })
  )

  it("the options of every command may stand anywhere before `--`", () => {
    assert.deepStrictEqual(hoistGlobals(["run", "--log-level", "debug", "--max", "1", "--config=a.yaml"]), [
      "--log-level",
      "debug",
      "--config=a.yaml",
      "run",
      "--max",
      "1"
    ])
    assert.deepStrictEqual(hoistGlobals(["claim", "--", "--config"]), ["claim", "--", "--config"])
  })

  it.scopedLive(
    "bd-XXXX.1.1 bd-XXXX.3.3 bd-XXXX.4.3 a run from end to end: dispatched through dx-runner, printed on both streams, exit 0",
    () =>
      Effect.gen(function* () {
        const world = yield* machine(BUGS)
        const run = yield* world.program(["run"])
        assert.strictEqual(run.code, 0, run.stderr)
        for (const { id } of BUGS) {
          has(
            run.stderr,
            new RegExp(
              `^ts=\\S+ run=\\S+ ✅ DISPATCH_SUCCESS beads=${id} provider=(opencode|cc-glm) duration_ms=\\d+$`,
              "m"
            )
          )
          has(run.stdout, new RegExp(`^${id} +dispatched +(opencode|cc-glm) +pid \\d+`, "m"))
        }
        has(
          run.stderr,
          /^ts=\S+ run=\S+ RUN_SUMMARY run=\S+ fetched=3 chosen=3 dispatched=3 failed=0 skipped=0 malformed=0 jobs_succeeded=0 jobs_failed=0 running=3 settled=0 exit=0 duration_ms=\d+ repo=\S+$/m
        )
        assert.notInclude(run.stdout, "DISPATCH_")
        assert.notInclude(run.stderr, "\u001b")
        const issues = yield* world.issues
        for (const { id } of BUGS)
          has(issues[id]?.assignee ?? "", /^nightly-dispatch\/[0-9a-f]{32}\/[^/]+\/\d{8}T\d{6}Z-[0-9a-f]{10}\/[1-3]$/)
        const events = yield* world.file("dx/events.log")
        assert.strictEqual(events.match(/ start /g)?.length, 3)
        has(events, /prompt=.*bd-1\.prompt/)
        assert.notInclude(events, "dx-dispatch.py")
        assert.strictEqual((yield* world.prompts).length, 3)
        const again = yield* world.nd(["run", "--json"])
        const report = decodeReport(again.stdout)
        assert.deepStrictEqual([report.exit, report.fetched, report.dispatched], [0, 0, 0])
      })
  )

  it.scopedLive(
    "a dry run names the provider and leaves tracker, runner, state and temporary directory as they were",
    () =>
      Effect.gen(function* () {
        const world = yield* machine(BUGS)
        const run = yield* world.nd(["run", "--dry-run", "--max", "2"])
        assert.strictEqual(run.code, 0, run.stderr)
        has(run.stdout, /^bd-1 +would dispatch +opencode +the parser loses the last row$/m)
        has(run.stderr, /^ts=\S+ run=\S+ ⏭️ DISPATCH_SKIPPED beads=bd-3 reason=limit detail=/m)
        assert.strictEqual(yield* world.file("beads/fake-bd.log"), "")
        assert.strictEqual(yield* world.file("dx/events.log"), "")
        assert.isEmpty(yield* Effect.promise(() => fs.readdir(path.join(world.root, "state"))))
        assert.isEmpty(yield* Effect.promise(() => fs.readdir(path.join(world.root, "tmp"))))
      })
  )

  it.scopedLive(
    "bd-XXXX.2.2 bd-XXXX.2.3 falls back with a reason in the log, and exits 1 when no provider is left",
    () =>
      Effect.gen(function* () {
        const world = yield* machine(BUGS.slice(0, 1))
        const fallback = yield* world.nd(["run"], { env: { FAKE_DX_FAULT: "preflight:opencode=model-missing" } })
        assert.strictEqual(fallback.code, 0, fallback.stderr)
        has(
          fallback.stderr,
          /^ts=\S+ run=\S+ ⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="?Canonical model unavailable/m
        )
        has(fallback.stderr, /level=INFO message="\[preflight\/opencode\] canonical model probe: MISSING/)
        const bare = yield* machine(BUGS.slice(0, 1))
        const none = yield* bare.nd(["run", "--provider", "opencode"], {
          env: { FAKE_DX_FAULT: "preflight:opencode=missing-binary" }
        })
        assert.strictEqual(none.code, 1)
        has(
          none.stderr,
          /^ts=\S+ run=\S+ ❌ DISPATCH_FAILURE beads=bd-1 provider=none code=provider_unavailable error=.*opencode CLI not found.* duration_ms=0$/m
        )
        assert.strictEqual((yield* bare.issues)["bd-1"]?.status, "open")
      })
  )

  it.scopedLive(
    "bd-XXXX.3.1 bd-XXXX.5.1 claim and release tell the truth, also on a bd that confirms every claim",
    () =>
      Effect.gen(function* () {
        const claimAndRelease = Effect.fn(function* (version: string) {
          const world = yield* machine(BUGS)
          yield* world.bd("--actor", "Recovery Agent", "update", "bd-2", "--claim")
          const env = { FAKE_BD_VERSION: version }
          const mine = yield* world.nd(["claim", "bd-1"], { env })
          assert.strictEqual(mine.code, 0, mine.stderr)
          has(mine.stdout, /^claimed bd-1 as nightly-dispatch\//)
          const twice = yield* world.nd(["claim", "bd-1"], { env })
          assert.strictEqual(twice.code, 1)
          has(twice.stderr, /already claimed by nightly-dispatch\//)
          const taken = yield* world.nd(["claim", "bd-2"], { env })
          assert.deepStrictEqual([taken.code, taken.stdout], [1, ""])
          has(taken.stderr, /already claimed by Recovery Agent/)
          assert.strictEqual((yield* world.nd(["claim", "bd-99"], { env })).code, 1)
          const broken = yield* world.nd(["claim", "bd-3"], { env: { ...env, FAKE_BD_FAULT: "show=exit:1" } })
          assert.strictEqual(broken.code, 1, broken.stderr)
          const foreign = yield* world.nd(["release", "bd-2"], { env })
          assert.strictEqual(foreign.code, 1)
          has(foreign.stderr, /held by Recovery Agent/)
          const back = yield* world.nd(["release", "bd-1"], { env })
          assert.strictEqual(back.code, 0, back.stderr)
          assert.strictEqual((yield* world.nd(["release", "bd-1"], { env })).code, 1)
          assert.deepStrictEqual((yield* world.issues)["bd-1"]?.status, "open")
        })
        yield* Effect.forEach(["0.46.0", "1.0.3"], claimAndRelease)
      })
  )

  it.scopedLive("release refuses a bug whose job runs", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS.slice(0, 1))
      yield* world.nd(["run"])
      const release = yield* world.nd(["release", "bd-1"])
      assert.strictEqual(release.code, 1)
      has(release.stderr, /a job for it runs/)
    })
  )

  it.scopedLive("a tracker that cannot be read is exit 4, however it fails", () =>
    Effect.gen(function* () {
      const faults = [
        ["hang", "bd: did not end within 8 s"],
        ["prose", "not JSON: ○ bd-1 "],
        ["garbage", "not JSON: [{"],
        ["empty", "no message on either stream"],
        ["flood", "more than 32 MiB of output"],
        ["exit:1", "something went wrong (exit 1)"]
      ] as const
      const { nd } = yield* machine(BUGS)
      const printed = Effect.fn(function* (env: Readonly<Record<string, string>>) {
        const { code, stderr, stdout } = yield* nd(["run"], { env })
        assert.strictEqual(code, 4, stderr)
        return stdout
      })
      yield* Effect.forEach(
        faults,
        Effect.fn(function* ([fault, words]) {
          const stdout = yield* printed({ FAKE_BD_FAULT: `list=${fault}`, NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "8 s" })
          has(stdout, /^run \S+ of \S+: tracker: list: /)
          assert.include(stdout, words)
        })
      )
      has(yield* printed({ BEADS_DIR: "/nowhere" }), /nowhere/)
    })
  )

  it.scopedLive(
    "a malformed issue is skipped with a reason, the other bugs are dispatched, and the run is exit 4",
    () =>
      Effect.gen(function* () {
        const world = yield* machine([...BUGS.slice(0, 1), { id: "../evil-1", title: "x" }])
        const run = yield* world.nd(["run"])
        assert.strictEqual(run.code, 4, run.stderr)
        has(run.stderr, /^ts=\S+ run=\S+ ⏭️ DISPATCH_SKIPPED beads=\S+ reason=malformed detail=/m)
        has(run.stderr, /^ts=\S+ run=\S+ ✅ DISPATCH_SUCCESS beads=bd-1 /m)
      })
  )

  it.scopedLive("a settings file with three mistakes is exit 5, and all three are listed", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const file = path.join(world.root, "settings.yaml")
      yield* Effect.promise(() =>
        fs.writeFile(file, "limits:\n  maxParalel: 2\n  maxDispatches: -1\ntimeouts:\n  ack: 30\n")
      )
      const run = yield* world.program(["run", "--config", file])
      assert.strictEqual(run.code, 5)
      has(run.stderr, /limits\.maxParalel.*maxParallel/)
      has(run.stderr, /limits\.maxDispatches/)
      has(run.stderr, /timeouts\.ack/)
      assert.strictEqual(yield* world.file("beads/fake-bd.log"), "")
    })
  )

  it.scopedLive(
    "a repoPath that is not a repository is exit 5 before any claim, a state directory that is a file exit 6",
    () =>
      Effect.gen(function* () {
        const world = yield* machine(BUGS)
        const none = yield* world.nd(["run"], { env: { NIGHTLY_DISPATCH_REPO_PATH: path.join(world.root, "tmp") } })
        assert.strictEqual(none.code, 5, none.stderr)
        has(none.stderr, /not a git repository/)
        const file = path.join(world.root, "a-file")
        yield* Effect.promise(() => fs.writeFile(file, ""))
        const state = yield* world.nd(["run"], { env: { NIGHTLY_DISPATCH_STATE_DIR: file } })
        assert.strictEqual(state.code, 6, state.stderr)
        assert.strictEqual(yield* world.file("beads/fake-bd.log"), "")
      })
  )

  it.scopedLive("SIGTERM, SIGINT and SIGHUP in the middle of a start roll everything back and exit 143, 130, 129", () =>
    Effect.gen(function* () {
      const codes = yield* Effect.forEach(
        ["SIGTERM", "SIGINT", "SIGHUP"] as const,
        (name) =>
          Effect.gen(function* () {
            const world = yield* machine(BUGS.slice(0, 1))
            const run = yield* world.program(["run"], { env: { FAKE_DX_FAULT: "start=stubborn" }, signal: name })
            assert.strictEqual((yield* world.issues)["bd-1"]?.status, "open", run.stderr)
            assert.include(run.stderr, "interrupted; this run holds no claim and has left no job")
            assert.isEmpty(yield* world.prompts)
            assert.isEmpty(
              yield* Effect.promise(() => fs.readdir(path.join(world.root, "tmp/agents/bd-1")).catch(() => []))
            )
            return run.code
          }),
        { concurrency: 2 }
      )
      assert.deepStrictEqual(codes, [143, 130, 129])
    })
  )

  it.scopedLive(
    "bd-XXXX.1.2 bd-XXXX.1.3 bd-XXXX.3.2 a start that fails says why, and rolls back claim, prompt and worktree",
    () =>
      Effect.gen(function* () {
        const world = yield* machine(BUGS.slice(0, 1))
        const run = yield* world.nd(["run"], { env: { FAKE_DX_FAULT: "start=exit:2" } })
        assert.strictEqual(run.code, 3)
        has(
          run.stderr,
          /^ts=\S+ run=\S+ ❌ DISPATCH_FAILURE beads=bd-1 provider=opencode code=runner_error error=\S.* duration_ms=\d+$/m
        )
        assert.strictEqual((yield* world.issues)["bd-1"]?.status, "open")
        assert.isEmpty(yield* world.prompts)
      })
  )

  it.scopedLive("preflight prints the answer of every provider, and exits 1 when none works", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const some = yield* world.nd(["preflight"], { env: { FAKE_DX_FAULT: "preflight:opencode=missing-binary" } })
      assert.strictEqual(some.code, 0)
      has(some.stdout, /^opencode +no +.*opencode CLI not found/m)
      has(some.stdout, /^cc-glm +yes /m)
      has(some.stdout, /^tracker bd 1\.0\.3 \(.*\)\n +claims last until they are released$/m)
      const leased = yield* world.nd(["preflight"], { env: { FAKE_BD_VERSION: "1.2.1" } })
      has(
        leased.stdout,
        /^tracker bd 1\.2\.1 .*\n +claims are leases, renewed while run, settle or the watcher is at work/m
      )
      const none = yield* world.nd(["preflight", "--json"], { env: { FAKE_DX_FAULT: "preflight=exit:1" } })
      assert.strictEqual(none.code, 1)
      assert.deepInclude(JSON.parse(none.stdout), { available: false, leases: "none" })
    })
  )

  it.scopedLive("a run uses .beads/issues.jsonl and local processes when neither tool is installed", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const beads = path.join(world.root, "jsonl")
      const line = {
        id: "ab-1",
        title: "boom",
        status: "open",
        priority: 1,
        issue_type: "bug",
        created_at: "2026-01-01T00:00:00Z",
        updated_at: "2026-01-01T00:00:00Z"
      }
      const agent = path.join(world.root, "agent")
      yield* Effect.promise(async () => {
        await fs.mkdir(beads)
        await fs.writeFile(path.join(beads, "issues.jsonl"), `${JSON.stringify(line)}\n`)
        await fs.writeFile(agent, '#!/bin/sh\ncp "$1" prompt-as-read\n', { mode: 0o755 })
        await fs.writeFile(
          path.join(world.root, "repo/nightly-dispatch.yaml"),
          `beads: { backend: jsonl, dir: ${JSON.stringify(beads)} }\nrunner: { backend: local }\nproviders: [{ name: mine, command: [${JSON.stringify(agent)}, "{promptFile}"] }]\n`
        )
      })
      const run = yield* world.nd(["run"])
      assert.strictEqual(run.code, 0, run.stderr)
      const read = path.join(world.root, "tmp/agents/ab-1/repo/prompt-as-read")
      const prompt = yield* Effect.promise(() => fs.readFile(read, "utf8").catch(() => "")).pipe(
        Effect.delay("50 millis"),
        Effect.repeat({ until: (text) => text !== "", times: 100 })
      )
      assert.include(prompt, "ab-1")
      has(
        yield* world.file("jsonl/issues.jsonl"),
        /"status":"in_progress".*"assignee":"nightly-dispatch\/|"assignee":"nightly-dispatch\/.*"status":"in_progress"/
      )
    })
  )
})
