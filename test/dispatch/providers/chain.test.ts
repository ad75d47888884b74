import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { CallLog, FakeBeadsState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, oneBug, outcomesByBug, runOnce, threeBugs } from "../support.ts"

describe("the provider chain", () => {
  it.effect("bd-XXXX.2.1 preflights before any dispatch, each provider once a run", () =>
    inWorld(
      { ...threeBugs, runner: { providers: { opencode: { broken: "Canonical model unavailable: zhipuai/glm-5.1" } } } },
      Effect.gen(function* () {
        yield* runOnce
        const calls = yield* (yield* CallLog).calls
        const preflights = calls.filter(({ method }) => method === "preflight")
        assert.strictEqual(preflights.length, 2)
        assert.isBelow(
          calls.findIndex(({ method }) => method === "preflight"),
          calls.findIndex(({ method }) => method === "claim")
        )
      })
    )
  )

  it.effect("bd-XXXX.2.2 tries opencode, then cc-glm, then gemini, and logs why", () =>
    inWorld(
      {
        ...oneBug,
        runner: { providers: { opencode: { broken: "Canonical model unavailable" }, "cc-glm": { broken: "no auth" } } }
      },
      Effect.gen(function* () {
        const { report, lines, outcome } = yield* runOnce
        const bug = outcome("bd-1")
        assert.strictEqual(bug?._tag === "Dispatched" ? bug.provider : undefined, "gemini")
        assert.deepStrictEqual(
          lines.filter((line) => line.includes("PROVIDER_FALLBACK")),
          [
            '⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="Canonical model unavailable"',
            '⚠️ PROVIDER_FALLBACK from=cc-glm to=gemini reason="no auth"'
          ]
        )
        assert.deepStrictEqual(
          report.providers.map(({ available, provider }) => [provider, available]),
          [
            ["opencode", false],
            ["cc-glm", false],
            ["gemini", true]
          ]
        )
      })
    )
  )

  it.effect("bd-XXXX.2.2 exits 1 when no provider works, and claims nothing", () =>
    inWorld(
      {
        ...oneBug,
        settings: { providers: [{ name: "opencode" }] },
        runner: { providers: { opencode: { broken: "down" } } }
      },
      Effect.gen(function* () {
        const { report, lines } = yield* runOnce
        assert.strictEqual(report.exit, 1)
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed provider_unavailable" })
        assert.isTrue(lines.some((line) => line.startsWith("ERROR ❌ no provider available: opencode: down")))
        const calls = yield* (yield* FakeBeadsState).calls
        assert.isFalse(calls.some(({ method }) => method === "claim"))
      })
    )
  )

  it.effect("the next provider in the chain takes the bugs that a full provider has no slot for", () =>
    Effect.gen(function* () {
      const { report } = yield* inWorld(
        { ...threeBugs, runner: { providers: { opencode: { slots: 1 }, "cc-glm": { slots: 1 } } } },
        runOnce
      )
      assert.deepStrictEqual(
        report.outcomes.map((bug) => (bug._tag === "Dispatched" ? bug.provider : bug._tag)).toSorted(),
        ["cc-glm", "gemini", "opencode"]
      )
    })
  )

  for (const maxParallel of [1, 3]) {
    it.effect(`a full provider is not asked to start a job (maxParallel ${maxParallel})`, () =>
      inWorld(
        {
          ...threeBugs,
          settings: { limits: { maxParallel } },
          runner: { providers: { opencode: { slots: 1 } }, faults: [FakeRunner.on("start").delays("1 minute")] }
        },
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("5 minutes")
          yield* Fiber.join(fiber)
          const starts = (yield* (yield* FakeRunnerState).calls).filter((call) => call.method === "start")
          const asked = starts.map((call) => String(call.args[0].provider.name)).toSorted()
          assert.deepStrictEqual(asked, ["cc-glm", "cc-glm", "opencode"])
        })
      )
    )
  }

  it.effect("a bug is skipped, not failed, when all providers are full", () => {
    const full = { slots: 0 }
    return inWorld(
      { ...oneBug, runner: { providers: { opencode: full, "cc-glm": full, gemini: full } } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        yield* assertNothingLeft
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Skipped no_capacity" })
        assert.strictEqual(report.exit, 0)
      })
    )
  })
})
