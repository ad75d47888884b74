import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import type { Blame } from "../../../src/domain/Blame.ts"
import { digest } from "../../../src/domain/digest.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { CallLog, fakeAttempt } from "../../../src/testing/index.ts"
import { inWorld, oneBug, outcomesByBug, runOnce, threeBugs, type World } from "../support.ts"

/** The provider of each started job, in order, and the methods that were called. */
const result = Effect.gen(function* () {
  const { lines, report } = yield* runOnce
  const calls = (yield* (yield* CallLog).calls).map(({ method }) => method)
  return {
    calls,
    exit: report.exit,
    outcomes: outcomesByBug(report.outcomes),
    preflights: report.providers.map(({ provider }) => String(provider)),
    fallbacks: lines.filter((line) => line.includes("PROVIDER_FALLBACK")),
    started: report.outcomes.flatMap((each) => (each._tag === "Dispatched" ? [String(each.provider)] : []))
  }
})

const after = (name: string, blame: Blame, updatedAt = -86_400_000) => {
  const [beads, provider] = [BeadsId.make("bd-1"), ProviderName.make(name)]
  return fakeAttempt("settled", {
    actor: Actor.make("nightly-dispatch/vm-1/20261121T020000Z-000001/1"),
    beads,
    blame,
    digest: digest(""),
    createdAt: -90_000_000,
    updatedAt,
    ack: Ack.make({ beads, provider, how: "started" })
  })
}

describe("the provider of each chosen bug", () => {
  it.effect("if no bug can be chosen, no provider is asked", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1", assignee: "somebody" }] } },
      Effect.gen(function* () {
        const { calls, exit, preflights } = yield* result
        assert.deepStrictEqual([exit, preflights], [0, []])
        assert.notInclude(calls, "preflight")
      })
    )
  )

  const doubt = "the probe of its model had no answer"

  it.effect("a provider whose preflight passes with a doubt loses to one that passes clean", () =>
    inWorld(
      { ...oneBug, runner: { providers: { opencode: { doubt } } } },
      Effect.gen(function* () {
        const { fallbacks, preflights, started } = yield* result
        assert.deepStrictEqual([preflights, started], [["opencode", "cc-glm"], ["cc-glm"]])
        assert.deepStrictEqual(fallbacks, [
          `⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="its preflight passed, but ${doubt}"`
        ])
      })
    )
  )

  it.effect("a provider with a doubt is used if no other works, and each is asked once", () =>
    inWorld(
      {
        ...oneBug,
        runner: { providers: { opencode: { doubt }, "cc-glm": { broken: "down" }, gemini: { broken: "down" } } }
      },
      Effect.gen(function* () {
        const { preflights, started } = yield* result
        assert.deepStrictEqual([preflights, started], [["opencode", "cc-glm", "gemini"], ["opencode"]])
      })
    )
  )

  const limits = { maxDispatches: 3, maxParallel: 3 }
  const places = (opencode: number, rest: number): World => ({
    ...threeBugs,
    settings: { limits },
    runner: { providers: { opencode: { slots: opencode }, "cc-glm": { slots: rest }, gemini: { slots: 0 } } }
  })

  it.effect("bugs go to the next provider when the first has no free place left", () =>
    inWorld(
      places(1, 2),
      Effect.gen(function* () {
        const { started } = yield* result
        assert.deepStrictEqual(started, ["opencode", "cc-glm", "cc-glm"])
      })
    )
  )

  it.effect("a bug beyond the free places is skipped before it is claimed, and full providers are not asked", () =>
    inWorld(
      places(1, 0),
      Effect.gen(function* () {
        const { calls, exit, outcomes, preflights, started } = yield* result
        assert.deepStrictEqual([exit, started, preflights], [0, ["opencode"], ["opencode"]])
        assert.deepStrictEqual(Object.values(outcomes).toSorted(), [
          "Dispatched",
          "Skipped no_capacity",
          "Skipped no_capacity"
        ])
        assert.strictEqual(calls.filter((method) => method === "claim").length, 1)
        assert.strictEqual(calls.filter((method) => method === "intend").length, 1, "no attempt is recorded")
      })
    )
  )

  it.effect("a bug waits for a place of a provider that works, and goes to none on probation meanwhile", () =>
    inWorld(
      { ...places(0, 9), journal: { attempts: [after("cc-glm", "provider", -1000)] } },
      Effect.gen(function* () {
        const { outcomes, preflights } = yield* result
        assert.deepStrictEqual(preflights, [])
        assert.deepStrictEqual([...new Set(Object.values(outcomes))], ["Skipped no_capacity"])
      })
    )
  )

  it.effect("if every provider is full, nothing is asked or claimed, and the run is no failure", () =>
    inWorld(
      places(0, 0),
      Effect.gen(function* () {
        const { calls, exit, preflights } = yield* result
        assert.deepStrictEqual([exit, preflights], [0, []])
        assert.notInclude(calls, "claim")
      })
    )
  )

  for (const [blame, expected] of [
    ["issue", "cc-glm"],
    ["host", "opencode"]
  ] as const) {
    it.effect(`a bug goes to ${expected} after a job with opencode failed with the blame ${blame}`, () =>
      inWorld(
        { ...oneBug, journal: { attempts: [after("opencode", blame)] } },
        Effect.gen(function* () {
          assert.deepStrictEqual((yield* result).started, [expected])
        })
      )
    )
  }

  it.effect("a bug that failed with the only provider goes to it again", () =>
    inWorld(
      {
        ...oneBug,
        settings: { providers: [{ name: "opencode" }] },
        journal: { attempts: [after("opencode", "issue")] }
      },
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* result).started, ["opencode"])
      })
    )
  )
})
