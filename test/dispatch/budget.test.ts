import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"
import { makeReserve } from "../../src/dispatch/plan/nightBudget.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { CallLog, FakeRunnerState } from "../../src/testing/index.ts"
import { endJobs, nextHour } from "./providers/hours.ts"
import { assertNothingLeft, fakes, inWorld, outcomesByBug, runOnce, type World } from "./support.ts"

const HOUR = 3_600_000
/** Nine in the evening: the night has begun, and goes on after midnight. */
const EVENING = Date.UTC(2026, 10, 27, 21)

const world = (limits: Record<string, unknown>, more: World = {}, providers = ["opencode"]): World => ({
  beads: { issues: [1, 2, 3, 4, 5].map((n) => ({ id: `bd-${n}`, title: `bug ${"x".repeat(n)}` })) },
  runner: { providers: { opencode: { reports: true }, gemini: { reports: false } } },
  settings: {
    providers: providers.map((name) => ({ name })),
    limits: { maxParallel: 4, maxDispatches: 4, warmUp: "1 ms", ...limits }
  },
  ...more
})

const preflights = Effect.flatMap(CallLog, (log) =>
  Effect.map(log.calls, (calls) => calls.filter(({ method }) => method === "preflight").length)
)

const inEvening = <A, E, R>(of: World, effect: Effect.Effect<A, E, R>) =>
  inWorld(of, Effect.zipRight(TestClock.setTime(EVENING), effect))

const details = (outcomes: ReadonlyArray<{ readonly _tag: string; readonly detail?: string }>) =>
  new Set(outcomes.flatMap(({ _tag, detail }) => (_tag === "Skipped" && detail !== undefined ? [detail] : [])))

describe("a night's budget of jobs", () => {
  it.effect("is never exceeded by dispatches at the same time; the others are skipped with the figures", () =>
    inEvening(
      world({ jobsPerNight: 3 }),
      Effect.gen(function* () {
        const first = yield* nextHour
        assert.deepStrictEqual(outcomesByBug(first.result.outcomes), {
          "bd-1": "Dispatched",
          "bd-2": "Dispatched",
          "bd-3": "Dispatched",
          "bd-4": "Skipped budget",
          "bd-5": "Skipped budget"
        })
        assert.deepStrictEqual(
          details(first.result.outcomes),
          new Set(["0 of 3 jobs of this night are begun; more urgent bugs come first"])
        )
        yield* endJobs(0)
        const asked = yield* preflights
        const second = yield* nextHour
        assert.deepStrictEqual([second.result.exit, second.result.dispatched], [0, 0])
        assert.match(
          [...details(second.result.outcomes)].join(),
          /3 of 3 jobs of this night are begun; more from \S+( \S+)?$/
        )
        assert.strictEqual(yield* preflights, asked, "no preflight is paid when the budget is spent")
        assert.include(second.result.noneTaken ?? "", "over the budget of this night")
        yield* assertNothingLeft
        // The next night has its own.
        yield* TestClock.setTime(EVENING + 24 * HOUR)
        assert.isAbove((yield* nextHour).result.dispatched, 0)
      })
    )
  )

  it.effect("counts a job that another fiber is about to begin", () =>
    inEvening(
      world({ jobsPerNight: 2 }),
      Effect.gen(function* () {
        const reserve = yield* makeReserve
        const ids = ["bd-1", "bd-2", "bd-3", "bd-4"].map((id) => BeadsId.make(id))
        const held = Effect.scoped(Effect.forEach(ids, reserve, { concurrency: "unbounded" }))
        const free = yield* held
        assert.lengthOf(
          free.filter((why) => why === undefined),
          2
        )
        assert.deepStrictEqual(yield* held, free, "a job that did not begin is free again")
      })
    )
  )

  it.effect("a dry run says the same, and writes nothing", () =>
    TestClock.setTime(EVENING).pipe(
      Effect.zipRight(runOnce),
      Effect.tap(({ report }) => {
        assert.deepInclude(outcomesByBug(report.outcomes), { "bd-1": "Planned", "bd-2": "Skipped budget" })
        return assertNothingLeft
      }),
      Effect.provide(Layer.provideMerge(dryRun.layer, fakes(world({ jobsPerNight: 1 }))))
    )
  )
})

describe("a night's budget of minutes", () => {
  it.effect("counts what runs, and is asked again before each dispatch", () =>
    inEvening(
      world({ agentMinutesPerNight: 60, maxDispatches: 1 }),
      Effect.gen(function* () {
        assert.strictEqual((yield* nextHour).result.dispatched, 1)
        const { result } = yield* nextHour
        assert.strictEqual(result.dispatched, 0)
        assert.match(
          [...details(result.outcomes)].join(),
          /60 of 60 agent minutes of this night are used, 60 of them by 1 job/
        )
      })
    )
  )
})

describe("the budget of a bug", () => {
  it.effect("is the bug's own reason: the others go on, and a retry begins it again", () =>
    inEvening(
      { ...world({ jobsPerBug: 1, maxDispatches: 1, maxParallel: 1 }), beads: { issues: [{ id: "bd-1" }] } },
      Effect.gen(function* () {
        assert.strictEqual((yield* nextHour).result.dispatched, 1)
        yield* endJobs(1)
        yield* nextHour
        yield* TestClock.adjust("1 day")
        const { result } = yield* nextHour
        assert.deepStrictEqual(outcomesByBug(result.outcomes), { "bd-1": "Skipped bug_budget" })
        assert.include(
          [...details(result.outcomes)].join(),
          "1 of 1 job for this task is begun; it is tried again when"
        )
        yield* (yield* Journal).clear(BeadsId.make("bd-1"))
        assert.strictEqual((yield* nextHour).result.dispatched, 1)
      })
    )
  )
})

describe("a budget in what only agents report", () => {
  const USAGE = { inputTokens: 1000, outputTokens: 100, costUsd: 2 }

  it.effect("holds as soon as the jobs that ended have spent it", () =>
    inEvening(
      world({ costPerNight: 3, maxDispatches: 1 }),
      Effect.gen(function* () {
        yield* nextHour
        yield* endJobs(0, { usage: USAGE })
        assert.strictEqual((yield* nextHour).result.dispatched, 1, "$2 of $3")
        yield* endJobs(0, { usage: USAGE })
        const { result } = yield* nextHour
        assert.match([...details(result.outcomes)].join(), /\$4\.00 of \$3\.00 of this night are spent; more from/)
        const [attempt] = yield* (yield* Journal).of(BeadsId.make("bd-1"))
        assert.deepInclude(attempt, { usage: USAGE })
      })
    )
  )

  it.effect("soft: a provider that reports none counts as 0, and the run says so once", () =>
    inEvening(
      world({ costPerNight: 3 }, {}, ["gemini"]),
      Effect.gen(function* () {
        const { lines, result } = yield* nextHour
        assert.strictEqual(result.dispatched, 4)
        assert.lengthOf(
          lines.filter((line) => line.includes("gemini: its jobs report no cost, so limits.costPerNight cannot hold")),
          1
        )
      })
    )
  )

  it.effect(
    "hard: such a provider is passed over without being asked; if none is left, the run exits 1 with the reason",
    () =>
      Effect.gen(function* () {
        const hard = { costPerNight: 3, budgetMode: "hard" }
        yield* inEvening(
          world(hard, {}, ["gemini", "opencode"]),
          Effect.gen(function* () {
            const { asked, started } = yield* nextHour
            assert.deepStrictEqual([new Set(started), asked], [new Set(["opencode"]), ["opencode"]])
          })
        )
        yield* inEvening(
          world(hard, {}, ["gemini"]),
          Effect.gen(function* () {
            const { asked, result, started } = yield* nextHour
            assert.deepStrictEqual([started, asked, result.exit], [[], [], 1])
            const errors = result.outcomes.flatMap((each) => (each._tag === "Failed" ? [each.error] : []))
            assert.include(errors.join(), "its jobs report no cost, so limits.costPerNight cannot hold for it")
            assert.isEmpty(yield* (yield* FakeRunnerState).jobs)
          })
        )
      })
  )
})
