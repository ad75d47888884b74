import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { BootClock } from "../../../src/domain/BootClock.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { FakeJournalState, FakeRunnerState } from "../../../src/testing/index.ts"
import { inWorld, oneBug, options } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, firstBug, HOUR, nextRun } from "./support.ts"
import { attempt, BEGAN, inWords, job, LATER, MINUTE, STEP, verdictOn } from "./verdictCases.ts"

const boot = (millis: number) => ({ boot: "this boot", millis })

/** A host whose clocks go apart: `tick` moves the boot clock, TestClock moves the wall clock. */
const withBootClock = <A, E, R>(use: (tick: (millis: number) => Effect.Effect<void>) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const now = yield* Ref.make(0)
    const clock = Layer.succeed(BootClock, { now: Effect.map(Ref.get(now), boot) })
    return yield* Effect.provide(
      use((millis) => Ref.update(now, (before) => before + millis)),
      clock
    )
  })

const stops = Effect.flatMap(FakeRunnerState, ({ calls }) =>
  Effect.map(calls, (all) => all.filter(({ method }) => method === "stop").length)
)

describe("a wall clock that is set while a job runs", () => {
  for (const hours of [3, -3, 24 * 365]) {
    it.effect(`${hours} h: the job goes on, and is ended when its time is over`, () =>
      inWorld(
        oneBug,
        withBootClock((tick) =>
          Effect.gen(function* () {
            yield* TestClock.setTime(10 * HOUR)
            const { run } = yield* nightlyRun({ ...options, run: RunId.make("20261122T020000Z-00000a") })
            assert.isString(run)
            yield* tick(10 * MINUTE)
            yield* TestClock.setTime((10 + hours) * HOUR)
            const { report } = yield* nextRun
            assert.strictEqual(report.exit, 0)
            assert.strictEqual(yield* stops, 0)
            const { attempt, issue } = yield* firstBug
            assert.deepStrictEqual([attempt?.phase, issue?.assignee], ["acknowledged", attempt?.actor])
            yield* tick(111 * MINUTE)
            yield* nextRun
            assert.strictEqual(yield* stops, 1)
            assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "settled", end: "stalled" })
          })
        )
      )
    )
  }

  it("decides nothing about a call that may be under way", () => {
    const starting = attempt("starting", { createdBoot: boot(0), updatedBoot: boot(MINUTE) })
    const soon = { boot: boot(MINUTE + 1_000) }
    for (const now of [STEP - 3 * HOUR, STEP + 3 * HOUR, LATER]) {
      assert.strictEqual(inWords(verdictOn(starting, undefined, { now, ...soon })), "Wait")
      assert.strictEqual(inWords(verdictOn(starting, undefined, { now, boot: boot(HOUR) })), "Ended lost host")
    }
  })

  it("leaves a job alone that cannot be seen, until its time is over by the boot clock", () => {
    const acknowledged = attempt("acknowledged", { createdBoot: boot(0), updatedBoot: boot(MINUTE) })
    const unknown = job("unknown", { runInstance: "ours", startedAt: BEGAN + 1_000 })
    const later = { now: BEGAN + 30 * HOUR }
    assert.strictEqual(inWords(verdictOn(acknowledged, unknown, { ...later, boot: boot(HOUR) })), "Wait")
    assert.strictEqual(
      inWords(verdictOn(acknowledged, unknown, { ...later, boot: boot(3 * HOUR) })),
      "Abandon lost host"
    )
  })
})

describe("times in the journal that have not come yet", () => {
  const year2090 = Date.UTC(2090, 0, 1)
  it.effect("are named once, with an alert, and put no provider on probation", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-9" }] },
        journal: {
          attempts: [1, 2, 3].map((n) =>
            attemptLeftIn("settled", {
              actor: actorOf(EARLIER, n),
              beads: BeadsId.make(`bd-${n}`),
              createdAt: year2090,
              updatedAt: year2090 + n
            })
          )
        }
      },
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 10, 26))
        const named = (lines: ReadonlyArray<string>) =>
          lines.filter((line) => /WARN .*dates 3 attempt/.test(line)).length
        assert.strictEqual(named((yield* nextRun).lines), 1)
        assert.strictEqual(named((yield* nextRun).lines), 0)
        assert.deepStrictEqual(
          (yield* (yield* FakeJournalState).notices).map(({ kind }) => kind),
          ["clock_wrong"]
        )
      })
    )
  )
})
