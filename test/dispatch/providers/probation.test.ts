import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { isLive } from "../../../src/domain/Job.ts"
import { FakeRunnerState, FakeWorkspacesState } from "../../../src/testing/index.ts"
import { fakes, nothingLeft, options, tags, withLog, type World } from "../support.ts"

// Every preflight passes, and opencode's jobs come to nothing: what a preflight alone never sees.
const world = (...providers: ReadonlyArray<string>): World => ({
  beads: { issues: [1, 2, 3, 4, 5, 6, 7].map((n) => ({ id: `bd-${n}`, title: `bug ${"x".repeat(n)}` })) },
  settings: { providers: providers.map((name) => ({ name })), limits: { maxParallel: 3 } }
})

let runs = 0
/** One of the hourly runs: who got a job, and the log. */
const hourly = Effect.gen(function* () {
  yield* TestClock.adjust("1 hour")
  runs++
  const run = RunId.make(`20261122T030000Z-${String(runs).padStart(6, "0")}`)
  const { lines, result } = yield* withLog(nightlyRun({ ...options, run }))
  return {
    started: result.outcomes.flatMap((one) => (one._tag === "Dispatched" ? [String(one.provider)] : [])),
    usedUp: result.outcomes.filter((one) => one._tag === "Skipped" && one.reason === "attempts_used_up").length,
    settled: lines.filter((line) => line.includes("settled bd-")),
    skipped: Object.values(tags(result.outcomes)).filter((tag) => tag.startsWith("Skipped")),
    said: lines.filter((line) => line.includes("PROVIDER_PROBATION")),
    preflights: result.providers.map(({ provider }) => String(provider)),
    exit: result.exit
  }
})

/** Every agent that works ends like this, with work to show where it ends well. */
const theyEnd = Effect.fn("theyEnd")(function* (exitCode: number) {
  const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
  for (const { beads, worktree } of (yield* runner.jobs).filter(isLive)) {
    if (exitCode === 0) yield* workspaces.leaveWork(worktree ?? "")
    yield* runner.finish(beads, exitCode)
  }
})

describe("provider health across nights", () => {
  it.effect(
    "a provider whose jobs keep failing although its preflight passes is tried last, and the log says why",
    () =>
      Effect.gen(function* () {
        const first = yield* hourly
        assert.deepStrictEqual([first.started, first.said], [["opencode", "opencode", "opencode"], []])
        yield* theyEnd(1)
        const second = yield* hourly
        assert.deepStrictEqual(second.started, ["cc-glm", "cc-glm", "cc-glm"])
        assert.strictEqual(second.said.length, 1)
        assert.match(
          second.said[0] ?? "",
          /^⚠️ PROVIDER_PROBATION provider=opencode failures=3 until=1970-01-02T06:\S+Z reason="the job failed \(opencode, exit 1\)"$/
        )
        assert.deepStrictEqual(second.preflights, ["cc-glm"])
        yield* nothingLeft
      }).pipe(Effect.provide(fakes(world("opencode", "cc-glm"))))
  )

  it.effect("it gets one probe job at a time until one ends well, and then as many as ever", () =>
    Effect.gen(function* () {
      yield* hourly
      yield* theyEnd(1)
      const probe = yield* hourly
      assert.deepStrictEqual(probe.started, ["opencode"])
      assert.deepStrictEqual(
        probe.skipped.filter((tag) => tag === "Skipped no_capacity"),
        ["Skipped no_capacity", "Skipped no_capacity"]
      )
      assert.strictEqual(probe.exit, 0)
      assert.deepStrictEqual((yield* hourly).started, [], "while the probe runs")
      yield* theyEnd(1)
      const another = yield* hourly
      assert.deepStrictEqual(another.started, ["opencode"])
      assert.match(another.said[0] ?? "", /failures=4/)
      yield* theyEnd(0)
      const recovered = yield* hourly
      assert.deepStrictEqual([recovered.started, recovered.said], [["opencode", "opencode", "opencode"], []])
      yield* nothingLeft
    }).pipe(Effect.provide(fakes(world("opencode"))))
  )

  const nights = (providerHealth: boolean) => {
    const told = world("opencode")
    return Effect.gen(function* () {
      const runs = []
      for (let hour = 0; hour < 30; hour++) {
        runs.push(yield* hourly)
        yield* theyEnd(1)
      }
      return { usedUp: runs.at(-1)?.usedUp, settled: runs.flatMap(({ settled }) => settled) }
    }).pipe(Effect.provide(fakes({ ...told, settings: { ...told.settings, providerHealth } })))
  }

  it.effect("while its jobs keep failing no bug's attempts are used up, though each waits longer and longer", () =>
    Effect.gen(function* () {
      const { settled, usedUp } = yield* nights(true)
      assert.strictEqual(usedUp, 0)
      const spared = "it uses up no attempt of the bug, because opencode is on probation"
      assert.deepStrictEqual(
        settled.slice(0, 4).map((line) => line.includes(spared)),
        [false, false, false, true]
      )
      const first = settled.filter((line) => line.includes("settled bd-1 "))
      assert.isAbove(first.length, 2)
      assert.isBelow(first.length, 7, "after 1, 2, 4, 8 and 16 hours")
      assert.strictEqual((yield* nights(false)).usedUp, 7)
    })
  )

  it.effect("its failures fade: days later it is first again", () =>
    Effect.gen(function* () {
      yield* hourly
      yield* theyEnd(1)
      assert.deepStrictEqual((yield* hourly).started, ["cc-glm", "cc-glm", "cc-glm"])
      yield* theyEnd(1)
      yield* TestClock.adjust("30 hours")
      const later = yield* hourly
      assert.deepStrictEqual(later.started.slice(0, 1), ["opencode"])
    }).pipe(Effect.provide(fakes(world("opencode", "cc-glm"))))
  )

  it.effect("with providerHealth off nothing is remembered of earlier nights", () =>
    Effect.gen(function* () {
      yield* hourly
      yield* theyEnd(1)
      const second = yield* hourly
      assert.deepStrictEqual([second.started, second.said], [["opencode", "opencode", "opencode"], []])
    }).pipe(
      Effect.provide(
        fakes({ ...world("opencode"), settings: { ...world("opencode").settings, providerHealth: false } })
      )
    )
  )
})
