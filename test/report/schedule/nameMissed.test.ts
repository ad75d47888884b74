import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { RunId } from "../../../src/domain/Ids.ts"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { nameMissed } from "../../../src/report/schedule/nameMissed.ts"
import { FakeExec, FakeJournalState } from "../../../src/testing/index.ts"
import { inWorld, options, withLog, type World } from "../../dispatch/support.ts"

const HOUR = 3_600_000
const world = (schedule?: string): World => ({ settings: schedule === undefined ? {} : { schedule } })
const noCrontab = FakeExec.layer({ installed: {}, run: () => ({ exitCode: 1 }) })
const run = (count: number) => RunId.make(`20261122T0300${String(count).padStart(2, "0")}Z-4f2a91`)

/** Runs at these hours; what the last one says is missing, and the rows that are there then. */
const missedBy = (schedule: string | undefined, ...hours: ReadonlyArray<number>) =>
  inWorld(
    world(schedule),
    Effect.gen(function* () {
      let missed: ReadonlyArray<number> = []
      let lines: ReadonlyArray<string> = []
      for (const [count, hour] of hours.entries()) {
        yield* TestClock.setTime(hour * HOUR)
        yield* nightlyRun({ ...options, run: run(count) })
        const named = yield* withLog(nameMissed(run(count)))
        ;[missed, lines] = [named.result, named.lines]
      }
      const { notices: alerts } = yield* FakeJournalState
      return { missed: missed.map((at) => at / HOUR), lines, rows: (yield* alerts).map(({ key }) => key) }
    })
  ).pipe(Effect.provide(noCrontab))

describe("a run that comes after others were missed", () => {
  it.effect("names them and writes down each", () =>
    Effect.gen(function* () {
      const { lines, missed, rows } = yield* missedBy("0 * * * *", 1, 2, 5)
      assert.deepStrictEqual(missed, [3, 4])
      assert.deepStrictEqual(rows, [`missed ${3 * HOUR}`, `missed ${4 * HOUR}`])
      assert.include(
        lines.join(),
        "2 runs that were due since the last one did not come: 1970-01-01T03:00, 1970-01-01T04:00"
      )
    })
  )

  it.effect("says nothing if none was missed, of what the run before it has named, or without a schedule", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* missedBy("0 * * * *", 1, 2)).missed, [])
      assert.deepStrictEqual((yield* missedBy("0 * * * *", 1, 4, 5)).missed, [])
      assert.deepStrictEqual((yield* missedBy("0 * * * *", 30)).missed, [])
      assert.deepStrictEqual((yield* missedBy(undefined, 1, 5)).missed, [])
    })
  )
})
