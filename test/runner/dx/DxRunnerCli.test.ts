import { assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Duration, Effect, Either, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { firstProvider } from "../../../src/dispatch/providers/chain.ts"
import { makeProviderPool } from "../../../src/dispatch/providers/ProviderPool.ts"
import { stopsRun } from "../../../src/domain/Blame.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import * as DxRunnerCli from "../../../src/runner/dx/DxRunnerCli.ts"
import {
  BEADS,
  check,
  facts,
  failureOf,
  id,
  opencode,
  scripted,
  start,
  startFails,
  type Runner
} from "./dxRunnerChecks.ts"
import { FAKE_RUNNER, makeDxWorld, provider, type DxWorld } from "./dxRunnerWorld.ts"

describe("version", () => {
  it.effect("names the command's absolute path", () =>
    Effect.gen(function* () {
      const layer = DxRunnerCli.layer({
        command: FAKE_RUNNER,
        beadsDir: undefined,
        tempDir: os.tmpdir(),
        timeouts: { preflight: "1 second", ack: "1 second", query: "1 second" },
        requireCommit: false
      }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeFileSystem.layer)))
      const runner = yield* Effect.provide(DxRunner, layer)
      assert.strictEqual(yield* runner.version, `dx-runner (${FAKE_RUNNER})`)
    })
  )
})

describe("a missing dx-runner", () => {
  it.scopedLive("blames the configuration", () =>
    Effect.gen(function* () {
      const world = yield* makeDxWorld()
      const layer = DxRunnerCli.layer({
        command: path.join(world.root, "nowhere/dx-runner"),
        beadsDir: undefined,
        tempDir: os.tmpdir(),
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

describe.concurrent("the tracker's metadata", () => {
  const without = (world: DxWorld) => fs.rmSync(path.join(world.root, ".beads/metadata.json"))

  check("is required before dx-runner is called", {}, (runner, world) =>
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

  check("is not required for the older revision", { revision: "2026-02-19" }, (runner, world) =>
    Effect.gen(function* () {
      without(world)
      assert.strictEqual((yield* start(runner, world)).how, "started")
    })
  )

  check(
    "is not required if the environment switches dx-runner's check off",
    { env: { DX_ALLOW_NON_CANONICAL_BD_CWD: "1" } },
    (runner, world) =>
      Effect.gen(function* () {
        without(world)
        assert.strictEqual((yield* start(runner, world)).how, "started")
      })
  )

  it.effect("is looked for where dx-runner looks if the settings name no directory", () => {
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
    ["if missing,", {}, without],
    ["if dx-runner alone misses it,", { fault: "preflight=gate24" }, () => undefined]
  ] as const) {
    check(`${what} ends the chain: no second provider is tried`, options, (runner, world) =>
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

describe("promptRefusal", () => {
  const promptRefusal = (prompt: string) =>
    Effect.map(DxRunner, (runner) => runner.promptRefusal(prompt)).pipe(
      Effect.provide(scripted({}).layer),
      Effect.runSync
    )

  it("refuses secret-manager commands, as dx-runner does, and a prompt that is too long", () => {
    for (const prompt of ["run op read op://x/y", "a\n$ op  item get z\n", "please co-op read the docs", "OP WHOAMI"]) {
      assert.match(promptRefusal(prompt) ?? "", /secret-manager/, prompt)
    }
    assert.match(promptRefusal("é".repeat(51_201)) ?? "", /KiB/)
  })

  it("refuses nothing else", () => {
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
  check("bd-XXXX.2.1 of a working provider passes and lists what it checked", {}, (runner) =>
    Effect.gen(function* () {
      const report = yield* runner.preflight(provider("opencode"))
      assert.include(report.lines, "canonical model probe: OK (zhipuai/glm-5.1)")
      assert.isEmpty(report.warnings)
      assert.isAbove(Duration.toMillis(report.duration), 0)
    })
  )

  check("passes with warnings and tells them", { fault: "preflight=warn" }, (runner) =>
    Effect.gen(function* () {
      const { doubt, warnings } = yield* runner.preflight(provider("opencode"))
      assert.lengthOf(warnings, 2)
      assert.include(warnings[0] ?? "", "opencode_beads_mcp_missing")
      assert.isUndefined(doubt, "beads-mcp and mise are not needed")
    })
  )

  check("passes with a warning and a doubt when the model probe timed out", { fault: "preflight=timeout" }, (runner) =>
    Effect.gen(function* () {
      const { doubt, warnings } = yield* runner.preflight(provider("opencode"))
      assert.deepStrictEqual(warnings, ["opencode_probe_timeout (retry_or_continue)"])
      assert.match(doubt ?? "", /^its model did not answer .*opencode_probe_timeout/)
      assert.isUndefined((yield* runner.preflight(provider("gemini"))).doubt)
    })
  )

  check(
    "warns when the older revision checked another model than the settings name",
    { revision: "2026-02-19" },
    (runner) =>
      Effect.map(runner.preflight(provider("opencode", "zhipuai/glm-5.1")), ({ warnings }) =>
        assert.deepStrictEqual(warnings, [
          "asked for model zhipuai/glm-5.1, dx-runner checked zhipuai-coding-plan/glm-5"
        ])
      )
  )

  check(
    "warns that the older revision ignores the model of a provider whose preflight checks none",
    { revision: "2026-02-19" },
    (runner) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runner.preflight(provider("cc-glm", "glm-5"))).warnings, [
          "this dx-runner ignores the model glm-5"
        ])
        assert.isEmpty((yield* runner.preflight(provider("cc-glm"))).warnings)
      })
  )

  check("does not warn of a model that dx-runner uses", {}, (runner) =>
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

  check("keeps dx-runner's reason code and advice", { fault: "preflight=quota" }, (runner) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(runner.preflight(provider("opencode")))
      assert.strictEqual(failed.reasonCode, "opencode_auth_or_quota_blocked")
      assert.strictEqual(failed.nextAction, "refresh_auth_or_switch_provider")
    })
  )

  check(
    "bd-XXXX.2.1 that does not end in time is ended, and blames the provider",
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

  check("of an unknown provider blames the configuration", {}, (runner) =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(runner.preflight(provider("opencod")))
      assert.strictEqual(facts(failed), "PreflightFailed config")
      assert.include(failed.message, "did you mean opencode?")
      const another = yield* Effect.flip(runner.preflight(provider("my-agent")))
      assert.notInclude(another.message, "did you mean")
    })
  )
})

describe.concurrent("capacity", () => {
  const capacity = (runner: Runner) => Effect.map(runner.capacity, (caps) => Object.fromEntries(caps))

  check(
    "is the newer revision's caps, changed by the environment",
    { env: { DX_RUNNER_MAX_PARALLEL_CC_GLM: "5", DX_RUNNER_MAX_PARALLEL_GEMINI: "3" } },
    (runner) =>
      Effect.gen(function* () {
        // Each gemini job counts twice.
        assert.deepStrictEqual(yield* capacity(runner), { opencode: 2, "claude-code": 1, "cc-glm": 5, gemini: 2 })
      })
  )

  check(
    "of gemini is half its cap, as each job counts twice",
    { env: { DX_RUNNER_MAX_PARALLEL_GEMINI: "2" } },
    (runner, world) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* capacity(runner))["gemini"], 1)
        yield* runner.start(world.request("bd-g1", provider("gemini", "slow")))
        const failed = failureOf(yield* Effect.either(runner.start(world.request("bd-g2", provider("gemini", "slow")))))
        assert.isTrue(failed._tag === "RunnerFailed" && failed.capacity)
      })
  )

  check("is empty for the older revision", { revision: "2026-02-19" }, (runner) =>
    Effect.map(capacity(runner), (caps) => assert.deepStrictEqual(caps, {}))
  )

  check(
    "fails with the variable's name if a cap is no number",
    { env: { DX_RUNNER_MAX_PARALLEL_OPENCODE: "two" } },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(runner.capacity)
        assert.strictEqual(facts(failed), "RunnerFailed config")
        assert.include(failed.message, "DX_RUNNER_MAX_PARALLEL_OPENCODE")
        assert.strictEqual(facts(yield* startFails(runner, world)), "RunnerFailed config")
      })
  )
})
