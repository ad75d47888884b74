import { afterAll, assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Duration, Effect, Either, Layer, Logger, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { firstProvider } from "../../../src/dispatch/providers/chain.ts"
import { makeProviderPool } from "../../../src/dispatch/providers/ProviderPool.ts"
import { stopsRun } from "../../../src/domain/Blame.ts"
import type { AckTimedOut, PreflightFailed, RunnerFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { isLive } from "../../../src/domain/Job.ts"
import type { Provider } from "../../../src/domain/Provider.ts"
import { Exec, ProcessIdentity, type ExecResult, type ExecSpec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import type { DxRunnerOptions } from "../../../src/runner/dx/command.ts"
import * as DxRunnerCli from "../../../src/runner/dx/DxRunnerCli.ts"
import { eventually } from "../../contract/support.ts"
import { recording } from "./recorded.ts"
import { FAKE_RUNNER, makeDxWorld, provider, type DxWorld, type DxWorldOptions } from "./dxRunnerWorld.ts"

const id = BeadsId.make("bd-a1b2")
const opencode = provider("opencode", "slow")
/** A start that hangs is ended after this. The fake itself needs a fraction of it. */
const SHORT: DxWorldOptions["timeouts"] = { preflight: "1 second", ack: "1 second" }
/** The same where the fake has nothing to do before it hangs. */
const SHORTER: DxWorldOptions["timeouts"] = { preflight: "200 millis", ack: "100 millis" }

type Runner = DxRunner["Type"]
type Body<A, E> = (runner: Runner, world: DxWorld) => Effect.Effect<A, E, Scope.Scope>

const on = <A, E>(options: DxWorldOptions, body: Body<A, E>) =>
  Effect.flatMap(makeDxWorld(options), (world) =>
    Effect.flatMap(DxRunner, (runner) => body(runner, world)).pipe(
      Effect.provide(Layer.merge(world.layer, Logger.remove(Logger.defaultLogger)))
    )
  )

const check = <A, E>(what: string, options: DxWorldOptions, body: Body<A, E>) =>
  it.scopedLive(what, () => on(options, body), 60_000)

const start = (runner: Runner, world: DxWorld, use: Provider = opencode, previousRun?: string) =>
  runner.start(world.request(id, use, undefined, previousRun))

const startFails = (runner: Runner, world: DxWorld, use: Provider = opencode, previousRun?: string) =>
  Effect.map(Effect.either(start(runner, world, use, previousRun)), failureOf)

const failureOf = <A, E>(result: Either.Either<A, E>): E =>
  Either.isLeft(result) ? result.left : assert.fail(`expected a failure, got ${JSON.stringify(result.right)}`)

const facts = (error: AckTimedOut | PreflightFailed | RunnerFailed) => `${error._tag} ${error.blame}`

/** A tracker's directory as the newer revision wants to see it. */
const BEADS = fs.mkdtempSync(path.join(os.tmpdir(), "nd-beads-"))
fs.writeFileSync(path.join(BEADS, "metadata.json"), "{}")
afterAll(() => fs.rmSync(BEADS, { recursive: true }))

/** The layer on an `Exec` that answers from a list and keeps what it was asked. */
const scripted = (
  answers: Readonly<Record<string, string | Partial<ExecResult>>>,
  options: Partial<DxRunnerOptions> = {},
  alive = true
) => {
  const asked: Array<ExecSpec> = []
  const exec = Layer.mock(Exec, {
    identify: (pid) => Effect.succeed(alive ? ProcessIdentity.make({ pid, startedAt: "1", boot: "1" }) : undefined),
    run: (spec) =>
      Effect.sync(() => {
        asked.push(spec)
        const answer = answers[spec.args[0] ?? ""] ?? ""
        const output = typeof answer === "string" ? { stdout: answer, exitCode: answer === "" ? 1 : 0 } : answer
        return { exitCode: 0, signal: undefined, stdout: "", stderr: "", duration: Duration.zero, ...output }
      })
  })
  const layer = DxRunnerCli.layer({
    command: "dx-runner",
    beadsDir: BEADS,
    timeouts: { preflight: "60 seconds", ack: "30 seconds", query: "30 seconds" },
    requireCommit: false,
    ...options
  }).pipe(Layer.provide(Layer.merge(exec, NodeFileSystem.layer)))
  return { asked, layer }
}

const started = "=== Preflight PASSED ===\nstarted beads=bd-a1b2 provider=opencode pid=4711 log=/tmp/x.log\n"

describe("the command line", () => {
  const requestIn = (directory: string, use: Provider) => ({
    beads: id,
    provider: use,
    prompt: { beads: id, path: `${directory}/p` },
    workspace: { path: directory, reused: false },
    repo: "repo",
    previousRun: undefined
  })

  it.effect("bd-XXXX.1.1 is dx-runner start with one argument per flag and value, outside any repository", () => {
    const { asked, layer } = scripted({ start: started })
    return Effect.gen(function* () {
      yield* (yield* DxRunner).start(requestIn("/tmp", provider("opencode")))
      const [spec] = asked
      assert.strictEqual(spec?.command, "dx-runner")
      assert.strictEqual(
        spec?.args.join("|"),
        "start|--beads|bd-a1b2|--provider|opencode|--prompt-file|/tmp/p|--worktree|/tmp|--repo|repo"
      )
      assert.strictEqual(spec?.cwd, "/")
      assert.strictEqual(spec?.env?.["BEADS_DIR"], BEADS)
    }).pipe(Effect.provide(layer))
  })

  it.effect("bd-XXXX.1.3 gives start the preflight's time and the acknowledgement's 30 seconds", () => {
    const { asked, layer } = scripted({ start: started, preflight: "=== Preflight PASSED ===\n" })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      yield* runner.preflight(provider("opencode"))
      yield* runner.start(requestIn("/tmp", provider("opencode")))
      assert.deepStrictEqual(
        asked.slice(0, 2).map(({ args, timeout }) => [args[0], Duration.toSeconds(timeout)]),
        [
          ["preflight", 60],
          ["start", 90]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("names a model only when one is set", () => {
    const { asked, layer } = scripted({ start: started, preflight: "=== Preflight PASSED ===\n" })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      for (const use of [provider("opencode"), provider("opencode", "zhipuai/glm-5.1")]) {
        yield* runner.preflight(use)
        yield* runner.start(requestIn("/tmp", use))
      }
      const models = asked
        .filter(({ args }) => args[0] === "preflight" || args[0] === "start")
        .map(({ args }) => args.slice(args.indexOf("--model")).slice(0, 2).join(" "))
      assert.deepStrictEqual(models.slice(2), ["--model zhipuai/glm-5.1", "--model zhipuai/glm-5.1"])
      assert.notInclude(asked[0]?.args ?? [], "--model")
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for a commit only where it is wanted and known, and looks once", () => {
    const asking = (requireCommit: boolean, usage: string) => {
      const { asked, layer } = scripted({ start: started, "--help": usage }, { requireCommit })
      return Effect.gen(function* () {
        const runner = yield* DxRunner
        yield* runner.start(requestIn("/tmp", opencode))
        yield* runner.start(requestIn("/tmp", opencode))
        return [
          asked.filter(({ args }) => args.includes("--require-commit-artifact")).length,
          asked.filter(({ args }) => args[0] === "--help").length
        ]
      }).pipe(Effect.provide(layer))
    }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* asking(true, "V2.0\n  --require-commit-artifact   Enforce"), [2, 1])
      assert.deepStrictEqual(yield* asking(true, "V1.3"), [0, 1])
      assert.deepStrictEqual(yield* asking(false, "V2.0\n  --require-commit-artifact   Enforce"), [0, 0])
    })
  })

  it.effect("is not used for a worktree that is not there: the runner would take another one", () => {
    const { asked, layer } = scripted({ start: started })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      const failed = yield* Effect.flip(runner.start(requestIn("/tmp/no/such/worktree", opencode)))
      assert.strictEqual(facts(failed), "RunnerFailed host")
      assert.include(failed.message, "/tmp/no/such/worktree")
      assert.isTrue(fs.existsSync("test"), "relative to us, and not to the runner")
      assert.strictEqual(facts(yield* Effect.flip(runner.start(requestIn("test", opencode)))), "RunnerFailed host")
      assert.isEmpty(asked)
    }).pipe(Effect.provide(layer))
  })
})

describe("the calls", () => {
  const request = (use: Provider) => ({
    beads: id,
    provider: use,
    prompt: { beads: id, path: "/tmp/p" },
    workspace: { path: "/tmp", reused: false },
    repo: "repo",
    previousRun: undefined
  })
  const calls = <A, E>(answers: Parameters<typeof scripted>[0], body: (runner: Runner) => Effect.Effect<A, E>) => {
    const { asked, layer } = scripted(answers)
    return Effect.flatMap(DxRunner, (runner) => Effect.exit(body(runner))).pipe(
      Effect.provide(layer),
      Effect.map(() => asked.filter(({ command }) => command !== "ps").map(({ args }) => args[0]))
    )
  }
  const ended = recording("2026-05-06", "report exited_err json").stdout.replaceAll("bd-e", id)
  const living = recording("2026-05-06", "report running").stdout.replaceAll("bd-a", id)
  const status = recording("2026-05-06", "status json beads").stdout.replaceAll("bd-a", id)

  it.effect("are as few as can be: on the newer revision every question changes what it says", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* calls({}, (runner) => runner.job(id)), ["report"])
      assert.deepStrictEqual(yield* calls({ report: ended }, (runner) => runner.job(id)), ["report"])
      assert.deepStrictEqual(yield* calls({ report: living, status }, (runner) => runner.job(id)), ["report", "status"])
      assert.deepStrictEqual(yield* calls({ status }, (runner) => runner.running), ["status"])
      assert.deepStrictEqual(
        yield* calls({ "--help": "V2.0" }, (runner) => Effect.all([runner.capacity, runner.capacity])),
        ["--help"]
      )
      assert.deepStrictEqual(
        yield* calls({ start: started, report: living }, (runner) => runner.start(request(opencode))),
        ["start", "report"]
      )
      const refused = { exitCode: 26, stdout: "reason_code=provider_concurrency_cap_exceeded\n" }
      assert.deepStrictEqual(yield* calls({ start: refused }, (runner) => runner.start(request(opencode))), ["start"])
      assert.deepStrictEqual(yield* calls({}, (runner) => Effect.all([runner.version, Effect.void])), [])
    })
  )

  it.effect("end no process that cannot be shown to be the job's, and count it as one that may be", () => {
    const { asked, layer } = scripted({ status })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      assert.lengthOf(yield* runner.running, 1)
      assert.isFalse(yield* runner.stop(id))
      assert.isEmpty(asked.filter(({ args }) => args[0] === "stop"))
    }).pipe(Effect.provide(layer))
  })

  const already = (beads: string) => ({ exitCode: 1, stderr: `job ${beads} already running (pid=24798)\n` })
  const adopting = (answers: Parameters<typeof scripted>[0], alive = true) =>
    Effect.flatMap(DxRunner, (runner) => Effect.either(runner.start(request(provider("opencode"))))).pipe(
      Effect.provide(scripted(answers, {}, alive).layer),
      Effect.map(Either.match({ onLeft: (error) => `${error._tag} ${error.blame}`, onRight: (ack) => ack.how }))
    )

  it.effect("take over a job that runs only if it is this bug's, and alive", () =>
    Effect.gen(function* () {
      const live = { report: living, status }
      assert.strictEqual(yield* adopting({ ...live, start: already(id) }), "adopted")
      assert.strictEqual(yield* adopting({ start: already(id) }), "adopted", "nobody can be asked, and it lives")
      assert.strictEqual(yield* adopting({ ...live, start: already("bd-other") }), "RunnerFailed runner")
      assert.strictEqual(yield* adopting({ ...live, start: already(id) }, false), "RunnerFailed runner")
      assert.strictEqual(yield* adopting({ start: already(id) }, false), "RunnerFailed runner")
      assert.strictEqual(yield* adopting({ start: already(id), report: ended }), "RunnerFailed runner")
    })
  )
})

describe.concurrent("the tracker's metadata", () => {
  const without = (world: DxWorld) => fs.rmSync(path.join(world.root, ".beads/metadata.json"))

  check("is looked for before the first call of the runner", {}, (runner, world) =>
    Effect.gen(function* () {
      without(world)
      const failures = yield* Effect.all([
        startFails(runner, world),
        Effect.flip(runner.preflight(opencode)),
        Effect.flip(runner.job(id)),
        Effect.flip(runner.running),
        Effect.flip(runner.stop(id))
      ])
      for (const failed of failures) {
        assert.strictEqual(facts(failed), "RunnerFailed config")
        assert.match(failed.message, /^there is no metadata\.json in .*\.beads \(BEADS_DIR must name/)
      }
      assert.isEmpty(world.probes())
      fs.writeFileSync(path.join(world.root, ".beads/metadata.json"), "{}")
      assert.strictEqual((yield* start(runner, world)).how, "started")
    })
  )

  check("is nothing to the older revision", { revision: "2026-02-19" }, (runner, world) =>
    Effect.gen(function* () {
      without(world)
      assert.strictEqual((yield* start(runner, world)).how, "started")
    })
  )

  check(
    "is nothing to one that was told not to look",
    { env: { DX_ALLOW_NON_CANONICAL_BD_CWD: "1" } },
    (runner, world) =>
      Effect.gen(function* () {
        without(world)
        assert.strictEqual((yield* start(runner, world)).how, "started")
      })
  )

  it.effect("is looked for where the runner would look when nobody names a directory", () => {
    const asking = (environment: Record<string, string>) =>
      Effect.flatMap(DxRunner, (runner) => Effect.either(runner.running)).pipe(
        Effect.provide(
          scripted(
            { "--help": "--require-commit-artifact", status: '{"jobs":[]}' },
            { beadsDir: undefined, environment }
          ).layer
        ),
        Effect.map((answer) => (Either.isLeft(answer) ? answer.left.message : "asked"))
      )
    return Effect.gen(function* () {
      assert.include(yield* asking({ HOME: "/no/home" }), "/no/home/.beads-runtime/.beads")
      assert.include(yield* asking({ HOME: "/no/home", BEADS_DIR: "/no/beads" }), "/no/beads")
      assert.strictEqual(yield* asking({ HOME: "/no/home", BEADS_DIR: BEADS }), "asked")
      assert.strictEqual(yield* asking({}), "asked")
    })
  })

  for (const [what, options, prepare] of [
    ["missing", {}, without],
    ["missing for the runner alone", { fault: "preflight=gate24" }, () => undefined]
  ] as const) {
    check(`${what} ends the chain: no second provider is asked`, options, (runner, world) =>
      Effect.gen(function* () {
        prepare(world)
        const chain = [provider("opencode"), provider("cc-glm"), provider("gemini")] as const
        const pool = yield* makeProviderPool(chain, runner.running).pipe(Effect.provideService(DxRunner, runner))
        const failed = yield* Effect.flip(firstProvider(pool, (one) => pool.preflight(one)))
        assert.isTrue(stopsRun(failed.error))
        assert.deepStrictEqual(
          failed.passedOver.map((attempt) => attempt.provider),
          [chain[0].name]
        )
        assert.isEmpty(world.probes())
      })
    )
  }
})

describe("refusal", () => {
  const promptRefusal = (prompt: string) =>
    Effect.map(DxRunner, (runner) => runner.promptRefusal(prompt)).pipe(
      Effect.provide(scripted({}).layer),
      Effect.runSync
    )

  it("finds what the runner would refuse, and too much of it", () => {
    for (const prompt of ["run op read op://x/y", "a\n$ op  item get z\n", "please co-op read the docs", "OP WHOAMI"]) {
      assert.match(promptRefusal(prompt) ?? "", /secret-manager/, prompt)
    }
    assert.match(promptRefusal("é".repeat(51_201)) ?? "", /KiB/)
  })

  it("lets the rest through", () => {
    for (const prompt of [
      "stop reading",
      "develop read",
      "op\nread",
      "the op reads".replace("reads", "is"),
      "é".repeat(51_200)
    ]) {
      assert.isUndefined(promptRefusal(prompt), prompt.slice(0, 20))
    }
  })
})

describe.concurrent("preflight", () => {
  check("bd-XXXX.2.1 of a provider that works says what was looked at", {}, (runner) =>
    Effect.gen(function* () {
      const report = yield* runner.preflight(provider("opencode"))
      assert.include(report.lines, "canonical model probe: OK (zhipuai/glm-5.1)")
      assert.isEmpty(report.warnings)
      assert.isAbove(Duration.toMillis(report.duration), 0)
    })
  )

  check("passes with warnings, and keeps them", { fault: "preflight=warn" }, (runner) =>
    Effect.gen(function* () {
      const { warnings } = yield* runner.preflight(provider("opencode"))
      assert.lengthOf(warnings, 2)
      assert.include(warnings[0] ?? "", "opencode_beads_mcp_missing")
    })
  )

  check("passes when the probe timed out, as the runner does", { fault: "preflight=timeout" }, (runner) =>
    Effect.map(runner.preflight(provider("opencode")), ({ warnings }) =>
      assert.deepStrictEqual(warnings, ["opencode_probe_timeout (retry_or_continue)"])
    )
  )

  check(
    "warns when the older revision checked another model than the one asked for",
    { revision: "2026-02-19" },
    (runner) =>
      Effect.map(runner.preflight(provider("opencode", "zhipuai/glm-5.1")), ({ warnings }) =>
        assert.deepStrictEqual(warnings, [
          "asked for model zhipuai/glm-5.1, dx-runner checked zhipuai-coding-plan/glm-5"
        ])
      )
  )

  check("warns that the older revision ignores a model, where it checks none", { revision: "2026-02-19" }, (runner) =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* runner.preflight(provider("cc-glm", "glm-5"))).warnings, [
        "this dx-runner ignores the model glm-5"
      ])
      assert.isEmpty((yield* runner.preflight(provider("cc-glm"))).warnings)
    })
  )

  check("says nothing of a model that the runner takes", {}, (runner) =>
    Effect.map(runner.preflight(provider("cc-glm", "glm-5")), ({ warnings }) => assert.isEmpty(warnings))
  )

  for (const [revision, model] of [
    ["2026-02-19", "zhipuai-coding-plan/glm-5"],
    ["2026-05-06", "zhipuai/glm-5.1"]
  ] as const) {
    check(
      `bd-XXXX.2.3 says plainly that the model is missing, on ${revision}`,
      { revision, fault: "preflight:opencode=model-missing" },
      (runner) =>
        Effect.gen(function* () {
          const failed = yield* Effect.flip(runner.preflight(provider("opencode")))
          assert.strictEqual(facts(failed), "PreflightFailed provider")
          assert.strictEqual(failed.message, `Canonical model unavailable: ${model}`)
          assert(failed._tag === "PreflightFailed", "narrowed")
          assert.include(failed.lines, `canonical model probe: MISSING (${model})`)
          assert.strictEqual((yield* runner.preflight(provider("gemini"))).provider, "gemini")
        })
    )
  }

  check("keeps the runner's code and advice", { fault: "preflight=quota" }, (runner) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(runner.preflight(provider("opencode")))
      assert.strictEqual(failed.reasonCode, "opencode_auth_or_quota_blocked")
      assert.strictEqual(failed.nextAction, "refresh_auth_or_switch_provider")
    })
  )

  check(
    "bd-XXXX.2.1 that does not end is ended, and is the provider's fault",
    { fault: "preflight=stubborn", timeouts: { preflight: "300 millis" } },
    (runner) =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(runner.preflight(provider("opencode")))
        assert.strictEqual(facts(failed), "PreflightFailed provider")
        assert.include(failed.message, "Preflight check timed out")
      })
  )

  for (const [what, fault, expected, message] of [
    ["a broken one", "preflight=exit:1", "PreflightFailed provider", /no error output \(exit 1\)/],
    ["one without its tools", "preflight=exit:127", "RunnerFailed host", /missing/],
    ["one without the tracker's metadata", "preflight=gate24", "RunnerFailed config", /metadata\.json/]
  ] as const) {
    check(`of ${what} is ${expected}`, { fault }, (runner) =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(runner.preflight(provider("opencode")))
        assert.strictEqual(facts(failed), expected)
        assert.match(failed.message, message)
      })
    )
  }

  check("of an unknown provider is a mistake in the configuration", {}, (runner) =>
    Effect.map(Effect.flip(runner.preflight(provider("opencod"))), (failed) =>
      assert.strictEqual(facts(failed), "PreflightFailed config")
    )
  )
})

describe.concurrent("start, acknowledged", () => {
  check("bd-XXXX.1.3 returns at once, and the monitor that holds its output lives on", {}, (runner, world) =>
    Effect.gen(function* () {
      const [duration, ack] = yield* Effect.timed(start(runner, world, provider("opencode")))
      assert.strictEqual(ack.how, "started")
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      assert.isBelow(Duration.toSeconds(duration), 10)
      const [agent = ""] = fs.readFileSync(path.join(world.worktree(id), "agents"), "utf8").split("\n")
      process.kill(Number(agent))
      // Only the monitor gives this reason; a question that found it dead would give another.
      yield* eventually(
        Effect.sync(() => world.events(/ end /)),
        (events) => events.length > 0
      )
      assert.include(world.events(/ end /)[0] ?? "", "reason=process_exit_with_rc")
      const job = yield* runner.job(id)
      assert.deepStrictEqual([job?.phase, job?.exitCode, job?.runInstance], ["failed", 143, ack.runInstance])
    })
  )

  check(
    "may take as long as the preflight and the acknowledgement together",
    { fault: "start=slow:1200", timeouts: { preflight: "1 second", ack: "9 seconds" } },
    (runner, world) => Effect.map(start(runner, world), (ack) => assert.strictEqual(ack.how, "started"))
  )

  check(
    "waits for the preflight that start repeats",
    { fault: "preflight=slow:1200", timeouts: { preflight: "2 seconds", ack: "1 second" } },
    (runner, world) =>
      Effect.gen(function* () {
        yield* runner.preflight(opencode)
        assert.strictEqual((yield* start(runner, world)).how, "started")
        assert.deepStrictEqual(world.probes(), ["preflight opencode", "start opencode"])
      })
  )

  check("tells the runner's process and log, and which run it is", {}, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      assert.match(world.events(/ start /)[0] ?? "", new RegExp(` pid=${ack.pid} run=${ack.runInstance} `))
      assert.match(ack.log ?? "", /bd-a1b2\.log$/)
      const job = yield* runner.job(id)
      assert.deepStrictEqual(
        [job?.pid, job?.runInstance, job?.worktree],
        [ack.pid, ack.runInstance, world.worktree(id)]
      )
    })
  )

  check("stands when the run instance cannot be read back", { fault: "report=exit:3@1" }, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      assert.deepStrictEqual([ack.how, ack.runInstance], ["started", undefined])
    })
  )

  check("does not take yesterday's run for today's", {}, (runner, world) =>
    Effect.gen(function* () {
      const yesterday = yield* start(runner, world, provider("opencode", "works"))
      yield* eventually(runner.job(id), (job) => job?.phase === "succeeded")
      const liar = yield* Effect.provide(DxRunner, world.faulty("start=lie-yes"))
      const ack = yield* start(liar, world, opencode, yesterday.runInstance)
      assert.deepStrictEqual([ack.how, ack.runInstance], ["started", undefined])
    })
  )

  check("bd-XXXX.1.1 of a bug on another provider than before is a run of its own", {}, (runner, world) =>
    Effect.gen(function* () {
      const first = yield* start(runner, world, provider("opencode", "works"))
      yield* eventually(runner.job(id), (job) => job?.phase === "succeeded")
      const second = yield* start(runner, world, provider("cc-glm", "slow"), first.runInstance)
      assert.strictEqual(second.how, "started")
      const job = yield* runner.job(id)
      assert.deepStrictEqual([job?.provider, job?.runInstance], ["cc-glm", second.runInstance])
    })
  )
})

describe.concurrent("start, without an answer in time", () => {
  for (const fault of ["hang", "stubborn"]) {
    check(
      `bd-XXXX.1.3 is a time-out when the runner knows no such job (${fault})`,
      { fault: `start=${fault}`, timeouts: SHORTER },
      (runner, world) =>
        Effect.gen(function* () {
          const failed = yield* startFails(runner, world)
          assert(failed._tag === "AckTimedOut", facts(failed))
          assert.strictEqual(failed.job, "absent")
          assert.strictEqual(failed.waitedMs, 300)
          assert.strictEqual(failed.code, "timeout")
          assert.isEmpty(world.events())
        })
    )
  }

  check("is a time-out when all the runner has is yesterday's outcome", {}, (runner, world) =>
    Effect.gen(function* () {
      const yesterday = yield* start(runner, world, provider("opencode", "works"))
      yield* eventually(runner.job(id), (job) => job?.phase === "succeeded")
      const silent = yield* Effect.provide(DxRunner, world.faulty("start=hang", SHORTER))
      const failed = yield* startFails(silent, world, opencode, yesterday.runInstance)
      assert(failed._tag === "AckTimedOut", facts(failed))
      assert.strictEqual(failed.job, "absent")
    })
  )

  check("is a time-out when yesterday's run could not be asked for, and is all the runner has", {}, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, provider("opencode", "works"))
      yield* eventually(runner.job(id), (job) => job?.phase === "succeeded")
      const meta = path.join(world.root, `state/opencode/${id}.meta`)
      const text = fs.readFileSync(meta, "utf8")
      fs.writeFileSync(meta, text.replace(/started_at=.*/, "started_at=2026-01-01T00:00:00Z"))
      const silent = yield* Effect.provide(DxRunner, world.faulty("start=hang", SHORTER))
      const failed = yield* startFails(silent, world, opencode, undefined)
      assert(failed._tag === "AckTimedOut", facts(failed))
      assert.strictEqual(failed.job, "absent")
    })
  )

  check(
    "is uncertain when the report is silent of a job that the runner lists",
    { fault: "start=start-then-hang report=exit:1", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert(failed._tag === "AckTimedOut", facts(failed))
        assert.strictEqual(failed.job, "uncertain")
        assert.isTrue(yield* world.agentAlive(id))
      })
  )

  check(
    "is uncertain when the report is silent and the list cannot be read",
    { fault: "start=hang status=garbage", timeouts: SHORTER },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert(failed._tag === "AckTimedOut", facts(failed))
        assert.strictEqual(failed.job, "uncertain")
      })
  )

  check("is a time-out when all the runner has is a start that it refused", {}, (runner, world) =>
    Effect.gen(function* () {
      const refusing = yield* Effect.provide(DxRunner, world.faulty("start=model-gone"))
      assert.strictEqual(facts(yield* startFails(refusing, world)), "PreflightFailed provider")
      assert.strictEqual((yield* runner.job(id))?.phase, "failed")
      const silent = yield* Effect.provide(DxRunner, world.faulty("start=hang", SHORTER))
      const failed = yield* startFails(silent, world, provider("cc-glm"))
      assert(failed._tag === "AckTimedOut", facts(failed))
      assert.strictEqual(failed.job, "absent")
    })
  )

  check(
    "is uncertain when start said started and the runner knows nothing of it",
    { fault: "start=lie-then-hang", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert(failed._tag === "AckTimedOut", facts(failed))
        assert.strictEqual(failed.job, "uncertain")
      })
  )

  check(
    "finds a job that was started all the same",
    { fault: "start=start-then-hang", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world)
        assert.strictEqual(ack.how, "late")
        assert.match(world.events(/ start /)[0] ?? "", new RegExp(` pid=${ack.pid} run=${ack.runInstance} `))
        assert.isTrue(yield* world.agentAlive(id))
        assert.isTrue(yield* runner.stop(id))
        assert.isFalse(yield* world.agentAlive(id))
      })
  )

  check("finds one that has ended meanwhile", { fault: "start=start-then-hang", timeouts: SHORT }, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world, provider("opencode", "works"))
      assert.strictEqual(ack.how, "late")
      assert.strictEqual((yield* runner.job(id))?.phase, "succeeded")
    })
  )

  check(
    "is uncertain while an agent may work that is not on record",
    { fault: "start=launch-then-hang", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert(failed._tag === "AckTimedOut", facts(failed))
        assert.strictEqual(failed.job, "uncertain")
        assert.isTrue(yield* world.agentAlive(id))
      })
  )

  for (const report of ["exit:3", "garbage", "empty", "exit:3@1", "hang"]) {
    check(
      `is uncertain when the runner cannot be asked (${report})`,
      { fault: `start=hang report=${report}`, timeouts: { ...SHORTER, query: "300 millis" } },
      (runner, world) =>
        Effect.gen(function* () {
          const failed = yield* startFails(runner, world)
          assert(failed._tag === "AckTimedOut", facts(failed))
          assert.strictEqual(failed.job, "uncertain")
          assert.include(failed.message, "claim and prompt are kept")
        })
    )
  }
})

describe.concurrent("start, with a wrong answer", () => {
  check(
    "finds a job that was not acknowledged by `check` where there is no `report`",
    { fault: "start=start-then-hang report=exit:2", timeouts: SHORTER },
    (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world)
        assert.strictEqual(ack.how, "late")
      })
  )

  check(
    "knows by `check` that there is no such job where there is no `report`",
    { fault: "start=hang report=exit:2", timeouts: SHORTER },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert(failed._tag === "AckTimedOut", facts(failed))
        assert.strictEqual(failed.job, "absent")
      })
  )

  check(
    "bd-XXXX.3.2 takes a runner that said no by its exit code at its word when it cannot be asked",
    { fault: "start=exit:5 report=exit:3" },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert.strictEqual(failed._tag, "RunnerFailed", facts(failed))
      })
  )

  for (const fault of ["empty", "garbage"]) {
    check(
      `fails when exit code 0 comes without an acknowledgement and without a job (${fault})`,
      { fault: `start=${fault}` },
      (runner, world) =>
        Effect.gen(function* () {
          const failed = yield* startFails(runner, world)
          assert.strictEqual(facts(failed), "RunnerFailed runner")
          assert.include(failed.message, "no acknowledgement")
        })
    )
  }

  check("finds the job behind an exit code 1", { fault: "start=lie-no" }, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      assert.strictEqual(ack.how, "late")
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
    })
  )

  check(
    "is uncertain behind an exit code 0 when nobody can tell",
    { fault: "start=empty report=garbage" },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert(failed._tag === "AckTimedOut", facts(failed))
        assert.strictEqual(failed.job, "uncertain")
      })
  )

  check("takes over the job that runs", {}, (runner, world) =>
    Effect.gen(function* () {
      const first = yield* start(runner, world)
      const again = yield* start(runner, world)
      assert.deepStrictEqual({ ...again, log: first.log }, { ...first, how: "adopted" } as never)
      assert.lengthOf(world.events(/ start /), 1)
    })
  )

  check(
    "does not take over what the runner says runs and nobody else has seen",
    { fault: "start=running" },
    (runner, world) =>
      Effect.gen(function* () {
        assert.strictEqual(facts(yield* startFails(runner, world)), "RunnerFailed runner")
      })
  )

  check("does not take over a stranger's process behind a stale pid file", {}, (runner, world) =>
    Effect.gen(function* () {
      const stranger = yield* staleJob(world)
      const failed = yield* startFails(runner, world)
      assert.strictEqual(facts(failed), "RunnerFailed runner")
      assert.include(failed.message, "stale")
      assert.isTrue(yield* stranger.alive)
    })
  )
})

/** A pid file of an hour ago that names a process of now. */
const staleJob = (world: DxWorld) =>
  Effect.gen(function* () {
    const exec = yield* Exec
    world.request(id, opencode)
    const log = path.join(world.root, "stranger.log")
    const stranger = yield* Effect.acquireRelease(
      exec.launch({ command: "sleep", args: ["30"], cwd: "/", logFile: log }),
      (process) => exec.endGroup(process, "100 millis")
    )
    const directory = path.join(world.root, "state/opencode")
    fs.mkdirSync(directory, { recursive: true })
    fs.writeFileSync(
      path.join(directory, `${id}.meta`),
      "started_at=2026-01-01T00:00:00Z\nrun_instance=old\nworktree=-\nrequire_commit_artifact=0\n"
    )
    fs.writeFileSync(path.join(directory, `${id}.pid`), `${stranger.pid}\n`)
    const hourAgo = Date.now() / 1000 - 3600
    fs.utimesSync(path.join(directory, `${id}.pid`), hourAgo, hourAgo)
    return { alive: Effect.orDie(exec.isAlive(stranger)) }
  }).pipe(Effect.provide(NodeExec.layer))

describe.concurrent("start, refused", () => {
  const refusals: ReadonlyArray<
    readonly [what: string, fault: string, use: Provider, expected: string, message: RegExp, more?: DxWorldOptions]
  > = [
    ["a full provider", "start=cap", opencode, "RunnerFailed provider", /concurrency cap exceeded \(2\/2\) \(next: wait_for_provider/],
    ["a forbidden prompt", "start=rawop", opencode, "RunnerFailed issue", /forbidden raw OP command/],
    ["no metadata of the tracker", "start=gate24", opencode, "RunnerFailed config", /missing runtime metadata at .*metadata\.json/],
    ["a failed preflight", "preflight=missing-binary", opencode, "PreflightFailed provider", /^opencode CLI not found$/],
    ["a failed preflight without words", "preflight=auth", provider("gemini"), "PreflightFailed provider", /gemini_auth_missing/],
    ["a model that went away", "start=model-gone", opencode, "PreflightFailed provider", /Required model: /],
    ["an unknown provider", "", provider("nosuch"), "RunnerFailed config", /provider adapter not found/],
    ["a missing hostname", "start=no-hostname", opencode, "RunnerFailed host", /hostname/],
    ["a silent death", "start=exit:1", opencode, "RunnerFailed host", /no error output \(exit 1\) \(.*HOME/],
    ["an exit code nobody knows", "start=exit:99", opencode, "RunnerFailed runner", /no error output \(exit 99\)/],
    ["a worktree outside the allowed roots", "", opencode, "RunnerFailed config", /DENIED.*DX_RUNNER_EXTRA_ALLOWED/, { env: { DX_RUNNER_EXTRA_ALLOWED_PREFIXES: "/srv" } }],
    ["the same on the older revision", "", opencode, "RunnerFailed host", /DX_RUNNER_EXTRA_ALLOWED/, { revision: "2026-02-19", env: { DX_RUNNER_EXTRA_ALLOWED_PREFIXES: "/srv" } }]
  ] // prettier-ignore
  for (const [what, fault, use, expected, message, more] of refusals) {
    check(`bd-XXXX.3.2 for ${what} is ${expected}`, { ...more, fault }, (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world, use)
        assert.strictEqual(facts(failed), expected)
        assert.match(failed.message, message)
        assert.strictEqual(failed._tag === "RunnerFailed" && failed.capacity, fault === "start=cap")
        assert.isEmpty(world.events())
        assert.notStrictEqual((yield* runner.job(id))?.phase, "succeeded")
      })
    )
  }

  check("for a prompt that went away is the host's fault", {}, (runner, world) =>
    Effect.gen(function* () {
      const request = world.request(id, opencode)
      fs.rmSync(request.prompt.path)
      assert.strictEqual(facts(failureOf(yield* Effect.either(runner.start(request)))), "RunnerFailed host")
    })
  )

  check("leaves yesterday's outcome what it was", { fault: "preflight:gemini=auth" }, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, provider("opencode", "works"))
      const yesterday = yield* eventually(runner.job(id), (job) => job?.phase === "succeeded")
      yield* startFails(runner, world, provider("gemini"))
      assert.strictEqual((yield* runner.job(id))?.runInstance, yesterday?.runInstance)
    })
  )

  it.scopedLive("without a runner is a mistake in the configuration", () =>
    Effect.gen(function* () {
      const world = yield* makeDxWorld()
      const layer = DxRunnerCli.layer({
        command: path.join(world.root, "nowhere/dx-runner"),
        beadsDir: undefined,
        timeouts: { preflight: "1 second", ack: "1 second", query: "1 second" },
        requireCommit: false
      }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeFileSystem.layer)))
      const runner = yield* Effect.provide(DxRunner, layer)
      const failures = yield* Effect.all([
        startFails(runner, world),
        Effect.flip(runner.preflight(opencode)),
        Effect.flip(runner.version),
        Effect.flip(runner.job(id))
      ])
      for (const failed of failures) {
        assert.strictEqual(facts(failed), "RunnerFailed config")
        assert.include(failed.message, "command not found")
      }
    })
  )
})

describe.concurrent("running and capacity", () => {
  check("lists what runs, once, without the phantom child of a gemini job", {}, (runner, world) =>
    Effect.gen(function* () {
      const gemini = yield* runner.start(world.request("bd-g1", provider("gemini", "slow")))
      yield* start(runner, world)
      const jobs = yield* runner.running
      assert.sameMembers(
        jobs.map((job) => `${job.beads} ${job.provider} ${job.phase}`),
        ["bd-g1 gemini running", "bd-a1b2 opencode running"]
      )
      assert.strictEqual(jobs.find((job) => job.beads === "bd-g1")?.pid, gemini.pid)
    })
  )

  check("calls a job stalled when the runner does", { env: { FAKE_DX_STATE: "stalled" } }, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world)
      assert.strictEqual((yield* runner.job(id))?.phase, "stalled")
      assert.deepStrictEqual(
        (yield* runner.running).map((job) => job.phase),
        ["stalled"]
      )
    })
  )

  check("counts no stranger's process behind a stale pid file as a job", {}, (runner, world) =>
    Effect.gen(function* () {
      const stranger = yield* staleJob(world)
      assert.include((yield* world.byHand("report", "--beads", id)).stdout, '"state": "healthy"')
      assert.isEmpty(yield* runner.running)
      const job = yield* runner.job(id)
      assert.deepStrictEqual([job?.phase, job?.reason], ["gone", "stale_pid_file"])
      assert.isTrue(yield* stranger.alive)
    })
  )

  check("knows a job whose process is gone, and nobody's exit code of it, as failed", {}, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      process.kill(-(ack.pid ?? assert.fail("no pid")), "SIGKILL")
      const job = yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
      assert.deepStrictEqual([job?.phase, job?.exitCode], ["failed", 1])
      assert.isEmpty(yield* runner.running)
    })
  )

  it.effect("lists what the runner calls alive only while there is such a process", () => {
    const answers = { status: recording("2026-05-06", "status json beads").stdout }
    const listed = (alive: boolean) =>
      Effect.flatMap(DxRunner, (runner) => runner.running).pipe(
        Effect.provide(scripted(answers, {}, alive).layer),
        Effect.map((jobs) => jobs.map((job) => job.pid))
      )
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* listed(true), [24798])
      assert.deepStrictEqual(yield* listed(false), [])
    })
  })

  const capacity = (runner: Runner) => Effect.map(runner.capacity, (caps) => Object.fromEntries(caps))

  check(
    "knows the newer revision's caps and what the environment makes of them",
    { env: { DX_RUNNER_MAX_PARALLEL_CC_GLM: "5", DX_RUNNER_MAX_PARALLEL_GEMINI: "3" } },
    (runner) =>
      Effect.gen(function* () {
        // Each gemini job counts twice.
        assert.deepStrictEqual(yield* capacity(runner), { opencode: 2, "claude-code": 1, "cc-glm": 5, gemini: 2 })
      })
  )

  check("counts gemini as the runner does", { env: { DX_RUNNER_MAX_PARALLEL_GEMINI: "2" } }, (runner, world) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* capacity(runner))["gemini"], 1)
      yield* runner.start(world.request("bd-g1", provider("gemini", "slow")))
      const failed = failureOf(yield* Effect.either(runner.start(world.request("bd-g2", provider("gemini", "slow")))))
      assert.isTrue(failed._tag === "RunnerFailed" && failed.capacity)
    })
  )

  check("knows that the older revision has none", { revision: "2026-02-19" }, (runner) =>
    Effect.map(capacity(runner), (caps) => assert.deepStrictEqual(caps, {}))
  )

  check("names a cap that is no number", { env: { DX_RUNNER_MAX_PARALLEL_OPENCODE: "two" } }, (runner, world) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(runner.capacity)
      assert.strictEqual(facts(failed), "RunnerFailed config")
      assert.include(failed.message, "DX_RUNNER_MAX_PARALLEL_OPENCODE")
      assert.strictEqual(facts(yield* startFails(runner, world)), "RunnerFailed config")
    })
  )
})

describe.concurrent("stop", () => {
  check("the runner's own leaves the agent, as the real one does", {}, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world)
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      assert.strictEqual((yield* world.byHand("stop", "--beads", id)).exitCode, 0)
      assert.isTrue(yield* world.agentAlive(id))
      assert.isFalse(isLive((yield* runner.job(id)) ?? assert.fail("the job is known")))
    })
  )

  for (const [what, use] of [
    ["that ignores SIGTERM", provider("opencode", "stubborn")],
    ["whose pid leads no group", provider("gemini", "stubborn")]
  ] as const) {
    check(`ends an agent ${what}, and its launcher`, {}, (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world, use)
        assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
        assert.isTrue(yield* runner.stop(id))
        assert.isFalse(yield* world.agentAlive(id))
        assert.isEmpty(yield* runner.running)
        const job = yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
        assert.strictEqual(job?.runInstance, ack.runInstance)
        const { stdout } = yield* world.byHand("status", "--json")
        assert.include(stdout, '"jobs":[]')
      })
    )
  }

  check("ends the group of an agent whose leader has ended", {}, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world, provider("gemini", "stubborn"))
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      const { stdout } = yield* Effect.flatMap(Exec, (exec) =>
        exec.run({ command: "ps", args: ["-o", "pgid=", "-p", `${ack.pid}`], cwd: "/", timeout: "10 seconds" })
      ).pipe(Effect.provide(NodeExec.layer))
      assert.notStrictEqual(Number(stdout), ack.pid)
      process.kill(Number(stdout), "SIGKILL")
      yield* eventually(
        Effect.sync(() => fs.existsSync(`/proc/${Number(stdout)}`)),
        (there) => !there
      )
      assert.isTrue(yield* runner.stop(id))
      assert.isFalse(yield* world.agentAlive(id))
    })
  )

  check(
    "leaves a stranger's process behind a stale pid file alone, and says that it is not gone",
    {},
    (runner, world) =>
      Effect.gen(function* () {
        const stranger = yield* staleJob(world)
        assert.isFalse(yield* runner.stop(id))
        assert.isTrue(yield* stranger.alive)
        assert.isEmpty(world.events(/ stop /))
      })
  )
})

describe.concurrent("job", () => {
  check("without a commit is a no-op where a commit is required", { requireCommit: true }, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, provider("opencode", "works"))
      const job = yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
      assert.deepStrictEqual([job?.phase, job?.exitCode, job?.reason], ["no_op", 44, "no_commit_artifact"])
    })
  )

  for (const [fault, message] of [
    ["report=exit:3", /report|exit 3/],
    ["report=garbage", /cannot be read/],
    ["report=noisy1", /HOME: unbound variable/],
    ["report=gate24", /metadata\.json/]
  ] as const) {
    check(`cannot be told when the runner does not tell (${fault})`, { fault }, (runner) =>
      Effect.map(Effect.flip(runner.job(id)), (failed) => assert.match(failed.message, message))
    )
  }

  it.effect("of a recorded report is read as it is", () => {
    const { layer } = scripted({ report: recording("2026-05-06", "report exited_err json").stdout })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      assert.strictEqual((yield* runner.job(BeadsId.make("bd-e")))?.phase, "failed")
      const other = yield* Effect.flip(runner.job(id))
      assert.include(other.message, "cannot be read")
    }).pipe(Effect.provide(layer))
  })

  it.effect("the command names itself", () =>
    Effect.gen(function* () {
      const layer = DxRunnerCli.layer({
        command: FAKE_RUNNER,
        beadsDir: undefined,
        timeouts: { preflight: "1 second", ack: "1 second", query: "1 second" },
        requireCommit: false
      }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeFileSystem.layer)))
      const runner = yield* Effect.provide(DxRunner, layer)
      assert.strictEqual(yield* runner.version, `dx-runner (${FAKE_RUNNER})`)
    })
  )
})
