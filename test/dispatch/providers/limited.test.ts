import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { isLive } from "../../../src/domain/Job.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { FakeRunnerState } from "../../../src/testing/index.ts"
import { assertNothingLeft, fakes, outcomesByBug, type World } from "../support.ts"
import * as hours from "./hours.ts"

const HOUR = 3_600_000

const world = (providers: ReadonlyArray<string>, more: World = {}): World => ({
  beads: { issues: [1, 2, 3, 4].map((n) => ({ id: `bd-${n}`, title: `bug ${"x".repeat(n)}` })) },
  settings: { providers: providers.map((name) => ({ name })), limits: { maxDispatches: 1 } },
  ...more
})

/** The run of the next hour, and what it says of limits. */
const nextHour = Effect.map(hours.nextHour, ({ asked, lines, result, started }) => ({
  started,
  asked,
  reasons: [
    ...new Set(
      lines.filter((line) => line.includes("rate limited until")).map((line) => /rate limited.*?itself/.exec(line)?.[0])
    )
  ],
  outcomes: outcomesByBug(result.outcomes),
  exit: result.exit
}))

/** Ends the running jobs: at a limit until this time, else well. */
const endJobs = (freeAt?: number) =>
  freeAt === undefined ? hours.endJobs(0) : hours.endJobs(1, { fault: "provider", words: "limit reached", freeAt })

const inWorld = <A, E, R>(of: World, effect: Effect.Effect<A, E, R>) => Effect.provide(effect, fakes(of))

describe("a provider that said until when a limit holds", () => {
  it.effect("is not asked until then, the next one takes the work, and then it is asked again", () =>
    inWorld(
      world(["opencode", "cc-glm"]),
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
        yield* endJobs(4.5 * HOUR)
        const second = yield* nextHour
        assert.deepStrictEqual([second.started, second.asked], [["cc-glm"], ["cc-glm"]])
        yield* endJobs()
        const third = yield* nextHour
        assert.deepStrictEqual([third.started, third.asked], [["cc-glm"], ["cc-glm"]])
        yield* endJobs(9.5 * HOUR)
        const both = yield* nextHour
        assert.deepStrictEqual([both.started, both.asked, both.exit], [[], [], 3], "one job failed since the last run")
        assert.match(both.reasons[0] ?? "", /^rate limited until \d\d:\d\d \(in 30 min\), as it said itself$/)
        const free = yield* nextHour
        assert.deepStrictEqual([free.started, free.asked], [["opencode"], ["opencode"]])
        yield* assertNothingLeft
      })
    )
  )

  it.effect("if every provider waits, the run says so as if none worked, and claims nothing", () =>
    inWorld(
      world(["opencode"]),
      Effect.gen(function* () {
        yield* nextHour
        yield* endJobs(9.5 * HOUR)
        yield* nextHour
        const { asked, exit, outcomes, reasons } = yield* nextHour
        assert.deepStrictEqual([asked, exit], [[], 1])
        assert.include(Object.values(outcomes), "Failed provider_unavailable")
        assert.match(reasons[0] ?? "", /^rate limited until \d\d:\d\d \(in 6 h 30 min\), as it said itself$/)
        yield* assertNothingLeft
      })
    )
  )

  it.effect("is believed again when it says so again, and its bug keeps its attempts", () =>
    inWorld(
      world(["opencode"]),
      Effect.gen(function* () {
        for (let night = 1; night <= 4; night++) {
          assert.deepStrictEqual((yield* nextHour).started, ["opencode"], `${night}`)
          yield* endJobs((night * 3 + 0.5 - 2 + 1) * HOUR)
          assert.deepStrictEqual((yield* nextHour).asked, [])
          yield* TestClock.adjust("1 hour")
        }
        const { outcomes } = yield* nextHour
        assert.notInclude(Object.values(outcomes), "Skipped attempts_used_up")
        const attempts = yield* Effect.flatMap(Journal, (journal) => journal.since(0))
        assert.deepStrictEqual(
          [...new Set(attempts.flatMap((each) => ("blame" in each ? [each.blame] : [])))],
          ["provider"]
        )
      })
    )
  )

  it.effect("works on before its time if a job of it ends well meanwhile", () =>
    inWorld(
      { ...world(["opencode"]), settings: { providers: [{ name: "opencode" }], limits: { maxParallel: 2 } } },
      Effect.gen(function* () {
        yield* nextHour
        const runner = yield* FakeRunnerState
        const limited = (yield* runner.jobs).find(isLive)
        yield* runner.finish(limited?.beads ?? "", 1, { fault: "provider", freeAt: 90 * HOUR })
        assert.deepStrictEqual((yield* nextHour).asked, [])
        yield* endJobs()
        assert.deepStrictEqual((yield* nextHour).asked, ["opencode"])
      })
    )
  )

  it.effect("said it with its preflight: the next runs do not pay for another", () =>
    inWorld(
      world(["opencode"], { runner: { providers: { opencode: { broken: "429", freeAt: 3.5 * HOUR } } } }),
      Effect.gen(function* () {
        const asked = []
        for (let hour = 1; hour <= 4; hour++) {
          const run = yield* nextHour
          asked.push(run.asked.length)
          assert.strictEqual(run.exit, 1)
        }
        assert.deepStrictEqual(asked, [1, 0, 0, 1])
      })
    )
  )

  it.effect("is asked all the same with providerHealth off", () => {
    const of = world(["opencode"])
    return inWorld(
      { ...of, settings: { ...of.settings, providerHealth: false } },
      Effect.gen(function* () {
        yield* nextHour
        yield* endJobs(9 * HOUR)
        assert.deepStrictEqual((yield* nextHour).started, ["opencode"])
      })
    )
  })
})
