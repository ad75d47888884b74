import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Schema, TestClock } from "effect"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"
import { NOTHING_DONE } from "../../src/dispatch/runResult.ts"
import { settleNow } from "../../src/dispatch/settle/settleNow.ts"
import { JournalFailed } from "../../src/domain/Failure.ts"
import type { Pause } from "../../src/domain/Pause.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { CallLog, FakeJournal, FakeRunner, FakeRunnerState } from "../../src/testing/index.ts"
import { assertNothingLeft, fakes, inWorld, oneBug, options, outcomesByBug, runOnce, threeBugs } from "./support.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"

const HOUR = 3_600_000
const pause: Pause = { at: 0, reason: "the tracker moves", by: "op@vm-1" }

/** The calls so far, as `Service.method`. */
const calls = Effect.flatMap(CallLog, (log) =>
  Effect.map(log.calls, (all) => all.map(({ method, service }) => `${service}.${method}`))
)

/** The calls that only a run makes that may dispatch. */
const asked = Effect.map(calls, (all) =>
  all.filter((call) => ["BeadsCli.openBugs", "BeadsCli.claim", "DxRunner.preflight", "DxRunner.start"].includes(call))
)

describe("a run while dispatching is paused", () => {
  it.effect("reads no tracker, asks no provider, dispatches nothing, and says why", () =>
    inWorld(
      { ...threeBugs, journal: { pauses: [pause] } },
      Effect.gen(function* () {
        const { lines, report } = yield* runOnce
        assert.deepStrictEqual(
          [report.exit, report.fetched, report.dispatched, report.outcomes, report.error],
          [0, 0, 0, [], undefined]
        )
        assert.deepStrictEqual(report.paused, pause)
        assert.match(report.noneTaken ?? "", /^paused since \S+ by op@vm-1: the tracker moves · until nightly-dispatch/)
        assert.lengthOf(
          lines.filter((line) => line.includes("nothing is dispatched: paused since")),
          1
        )
        assert.isEmpty(yield* asked)
        const kept = yield* (yield* Journal).report(report.run)
        assert.deepStrictEqual(kept?.paused, pause)
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a dry run says the same, and asks nothing", () =>
    runOnce.pipe(
      Effect.tap(({ report }) =>
        Effect.gen(function* () {
          assert.deepStrictEqual([report.dryRun, report.paused, report.outcomes], [true, pause, []])
          assert.isEmpty(yield* asked)
        })
      ),
      Effect.provide(Layer.provideMerge(dryRun.layer, fakes({ ...threeBugs, journal: { pauses: [pause] } })))
    )
  )

  it.effect("settles what has ended, also through `settle`; after resume the next run dispatches", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        const [journal, runner] = yield* Effect.all([Journal, FakeRunnerState])
        const run = (n: number) => nightlyRun({ ...options, run: RunId.make(`20261122T03000${n}Z-4f2a91`) })
        assert.strictEqual((yield* run(1)).dispatched, 1)
        yield* journal.pause({ ...pause, at: 1 })
        yield* runner.finish("bd-1", 1)
        const paused = yield* run(2)
        assert.deepStrictEqual([paused.settled, paused.ended.length, paused.dispatched], [1, 1, 0])
        yield* TestClock.adjust("2 hours")
        assert.isTrue(Option.isSome(yield* settleNow(options)))
        yield* journal.resume("op@vm-1")
        const resumed = yield* run(3)
        assert.deepStrictEqual([resumed.paused, resumed.dispatched], [undefined, 1])
      })
    )
  )

  it.effect("a pause is over at its time, for the run after it", () =>
    inWorld(
      { ...oneBug, journal: { pauses: [{ ...pause, until: HOUR }] } },
      Effect.gen(function* () {
        yield* TestClock.setTime(HOUR - 1)
        assert.strictEqual((yield* nightlyRun(options)).dispatched, 0)
        yield* TestClock.setTime(HOUR)
        const next = yield* nightlyRun({ ...options, run: RunId.make("20261122T040000Z-4f2a91") })
        assert.strictEqual(next.dispatched, 1)
      })
    )
  )

  it.effect("a pause that begins during a run lets it begin no further bug; what it has begun goes on", () =>
    inWorld(
      {
        ...threeBugs,
        settings: { limits: { maxParallel: 1 } },
        runner: { faults: [FakeRunner.on("start").delays("1 minute")] }
      },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(runOnce)
        yield* TestClock.adjust("30 seconds")
        yield* (yield* Journal).pause({ ...pause, at: 30_000 })
        yield* TestClock.adjust("5 minutes")
        const { report } = yield* Fiber.join(fiber)
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Dispatched",
          "bd-2": "Skipped run_stopped",
          "bd-3": "Skipped run_stopped"
        })
        const [, left] = report.outcomes
        assert.include(left?._tag === "Skipped" ? left.detail : "", "by op@vm-1: the tracker moves")
        assert.strictEqual(report.exit, 0)
      })
    )
  )

  it.effect("dispatches nothing if nobody can tell whether it is paused", () => {
    const broken = new JournalFailed({ file: "memory", reason: "unusable", detail: "disk I/O error" })
    const world = (from: number) => ({
      ...oneBug,
      journal: { faults: [FakeJournal.on("paused").fails(broken).from(from)] }
    })
    return Effect.gen(function* () {
      for (const from of [1, 2]) {
        const before = yield* inWorld(world(from), runOnce)
        assert.deepStrictEqual([before.report.dispatched, before.report.exit], [0, 6])
      }
      const later = yield* inWorld(world(3), runOnce)
      assert.deepStrictEqual(outcomesByBug(later.report.outcomes), { "bd-1": "Skipped run_stopped" })
    })
  })

  it("a report of an earlier version, without a pause, can be read", () => {
    const report = new RunReport({
      ...NOTHING_DONE,
      exit: 0,
      run: options.run,
      startedAt: "2026-11-22T03:00:00.000Z",
      dryRun: false,
      dispatched: 0,
      failed: 0,
      skipped: 0,
      durationMs: 1
    })
    const encoded = Schema.encodeSync(RunReport)(report)
    assert.notProperty(encoded, "paused")
    assert.isUndefined(Schema.decodeUnknownSync(RunReport)(encoded).paused)
  })
})
