import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { fakes, assertNothingLeft, outcomesByBug, type World } from "../support.ts"
import * as hours from "./hours.ts"

/** A world whose preflights all pass. Whether the jobs fail is up to the test. */
const world = (...providers: ReadonlyArray<string>): World => ({
  beads: { issues: [1, 2, 3, 4, 5, 6, 7].map((n) => ({ id: `bd-${n}`, title: `bug ${"x".repeat(n)}` })) },
  settings: { providers: providers.map((name) => ({ name })), limits: { maxParallel: 3 } }
})

/** The run of the next hour: the providers that got a job, and the log. */
const nextHour = Effect.map(hours.nextHour, ({ asked, lines, result, started }) => ({
  started,
  usedUp: result.outcomes.filter((outcome) => outcome._tag === "Skipped" && outcome.reason === "attempts_used_up")
    .length,
  settled: lines.filter((line) => line.includes("settled bd-")),
  skipped: Object.values(outcomesByBug(result.outcomes)).filter((tag) => tag.startsWith("Skipped")),
  probationLines: lines.filter((line) => line.includes("PROVIDER_PROBATION")),
  preflights: asked,
  exit: result.exit
}))

describe("provider health over several runs", () => {
  it.effect(
    "a provider whose jobs keep failing although its preflight passes is tried last, and the log says why",
    () =>
      Effect.gen(function* () {
        const first = yield* nextHour
        assert.deepStrictEqual([first.started, first.probationLines], [["opencode", "opencode", "opencode"], []])
        yield* hours.endJobs(1)
        const second = yield* nextHour
        assert.deepStrictEqual(second.started, ["cc-glm", "cc-glm", "cc-glm"])
        assert.strictEqual(second.probationLines.length, 1)
        assert.match(
          second.probationLines[0] ?? "",
          /^⚠️ PROVIDER_PROBATION provider=opencode failures=3 until=1970-01-02T06:\S+Z reason="the job failed \(opencode, exit 1\)"$/
        )
        assert.deepStrictEqual(second.preflights, ["cc-glm"])
        yield* assertNothingLeft
      }).pipe(Effect.provide(fakes(world("opencode", "cc-glm"))))
  )

  it.effect("a provider on probation gets one job at a time until one succeeds, and then as many as before", () =>
    Effect.gen(function* () {
      yield* nextHour
      yield* hours.endJobs(1)
      const probe = yield* nextHour
      assert.deepStrictEqual(probe.started, ["opencode"])
      assert.deepStrictEqual(
        probe.skipped.filter((tag) => tag === "Skipped no_capacity"),
        ["Skipped no_capacity", "Skipped no_capacity"]
      )
      assert.strictEqual(probe.exit, 3, "all three jobs failed")
      assert.deepStrictEqual((yield* nextHour).started, [], "while the probe runs")
      yield* hours.endJobs(1)
      const another = yield* nextHour
      assert.deepStrictEqual(another.started, ["opencode"])
      assert.match(another.probationLines[0] ?? "", /failures=4/)
      yield* hours.endJobs(0)
      const recovered = yield* nextHour
      assert.deepStrictEqual([recovered.started, recovered.probationLines], [["opencode", "opencode", "opencode"], []])
      yield* assertNothingLeft
    }).pipe(Effect.provide(fakes(world("opencode"))))
  )

  it.effect(
    "while the only provider fails with every bug, all are on hold, none loses its attempts, and one is tried twice a day",
    () =>
      Effect.gen(function* () {
        const reasons = new Set<string>()
        let started = 0
        for (let hour = 0; hour < 60; hour++) {
          const run = yield* nextHour
          for (const reason of run.skipped) reasons.add(reason)
          started += run.started.length
          yield* hours.endJobs(1)
        }
        assert.notInclude([...reasons], "Skipped attempts_used_up")
        assert.include([...reasons], "Skipped undecided")
        assert.isAtLeast(started, 22, "three jobs for each of seven bugs, and then one in a while")
        assert.isAtMost(started, 25)
        const recovered = Effect.gen(function* () {
          for (let hour = 0; hour < 200; hour++) {
            if ((yield* nextHour).started.length > 0) return yield* hours.endJobs(0)
          }
          return assert.fail("no bug on hold was tried again")
        })
        yield* recovered
        const { skipped, started: again } = yield* nextHour
        assert.deepStrictEqual(
          again,
          ["opencode", "opencode", "opencode"],
          "the provider works, so the bugs are free again"
        )
        assert.deepStrictEqual([...new Set(skipped)].toSorted(), ["Skipped awaiting_review", "Skipped limit"])
      }).pipe(Effect.provide(fakes(world("opencode"))))
  )

  it.effect("a provider whose failures are days old is tried first again", () =>
    Effect.gen(function* () {
      yield* nextHour
      yield* hours.endJobs(1)
      assert.deepStrictEqual((yield* nextHour).started, ["cc-glm", "cc-glm", "cc-glm"])
      yield* hours.endJobs(1)
      yield* TestClock.adjust("30 hours")
      const later = yield* nextHour
      assert.deepStrictEqual(later.started.slice(0, 1), ["opencode"])
    }).pipe(Effect.provide(fakes(world("opencode", "cc-glm"))))
  )

  it.effect("with providerHealth off, failed jobs of earlier runs do not change the order", () =>
    Effect.gen(function* () {
      yield* nextHour
      yield* hours.endJobs(1)
      const second = yield* nextHour
      assert.deepStrictEqual([second.started, second.probationLines], [["opencode", "opencode", "opencode"], []])
    }).pipe(
      Effect.provide(
        fakes({ ...world("opencode"), settings: { ...world("opencode").settings, providerHealth: false } })
      )
    )
  )
})
