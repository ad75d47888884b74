import { Effect, TestClock } from "effect"
import { REDACTED } from "../../domain/environmentSecrets.ts"
import { Mark } from "../../domain/Identity.ts"
import type { Pause, PauseCover } from "../../domain/Pause.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import type { JournalCheck } from "./journalWorld.ts"

const pauseAt = (at: number, changes: Partial<Pause> = {}): Pause => ({
  at,
  reason: "the tracker moves",
  by: "op@vm-1",
  ...changes
})

/** How the journal keeps pauses. */
export const pauses = (check: JournalCheck): void => {
  check(
    "nothing is paused until somebody pauses, and no more when somebody resumes",
    Effect.gen(function* () {
      const journal = yield* Journal
      assert.isUndefined(yield* journal.paused)
      assert.isUndefined(yield* journal.resume("op@vm-1"))
      yield* TestClock.setTime(1_000)
      assert.isUndefined(yield* journal.pause(pauseAt(1_000)))
      assert.deepStrictEqual(yield* journal.paused, pauseAt(1_000))
      yield* TestClock.setTime(90 * 86_400_000)
      assert.deepStrictEqual(yield* journal.paused, pauseAt(1_000), "it has no end of its own")
      assert.deepStrictEqual(yield* journal.resume("other@vm-1"), pauseAt(1_000))
      assert.isUndefined(yield* journal.paused)
      assert.isUndefined(yield* journal.resume("op@vm-1"), "it ends once")
    })
  )

  check(
    "a pause is over at its time, and is then neither ended nor replaced",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* TestClock.setTime(1_000)
      const first = pauseAt(1_000, { until: 5_000 })
      yield* journal.pause(first)
      yield* TestClock.setTime(4_999)
      assert.deepStrictEqual(yield* journal.paused, first)
      yield* TestClock.setTime(5_000)
      assert.isUndefined(yield* journal.paused)
      assert.isUndefined(yield* journal.resume("op@vm-1"))
      assert.isUndefined(yield* journal.pause(pauseAt(5_000)))
    })
  )

  check(
    "a later pause replaces the one that is in force, which does not come back",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* TestClock.setTime(1_000)
      yield* journal.pause(pauseAt(1_000))
      yield* TestClock.setTime(2_000)
      const second = pauseAt(2_000, { until: 9_000, reason: "the host moves" })
      assert.deepStrictEqual(yield* journal.pause(second), pauseAt(1_000))
      assert.deepStrictEqual(yield* journal.paused, second)
      yield* TestClock.setTime(9_000)
      assert.isUndefined(yield* journal.paused)
    })
  )

  check(
    "a pause of one host covers that host alone, beside a pause of all; each is ended by itself",
    Effect.gen(function* () {
      const journal = yield* Journal
      const here: PauseCover = { mark: journal.identity.mark, name: "vm-1" }
      const there: PauseCover = { mark: Mark.make("f".repeat(32)), name: "vm-2" }
      yield* TestClock.setTime(1_000)
      const other = pauseAt(1_000, { covers: there })
      assert.isUndefined(yield* journal.pause(other))
      assert.isUndefined(yield* journal.paused, "it covers another host")
      const all = pauseAt(1_000, { covers: "fleet" })
      assert.isUndefined(yield* journal.pause(all))
      assert.deepStrictEqual(yield* journal.paused, all)
      const own = pauseAt(1_000, { covers: here, reason: "its disk is full" })
      assert.isUndefined(yield* journal.pause(own))
      assert.deepStrictEqual(yield* journal.paused, own, "the newest that covers it")
      assert.deepStrictEqual(yield* journal.pause(own), own, "it replaces that of the same host only")
      assert.deepStrictEqual(yield* journal.resume("op@vm-1"), all)
      assert.isUndefined(yield* journal.resume("op@vm-1", "fleet"))
      assert.deepStrictEqual(yield* journal.paused, own)
      assert.deepStrictEqual(yield* journal.resume("op@vm-1", there), other)
      assert.deepStrictEqual(yield* journal.resume("op@vm-1", here), own)
      assert.isUndefined(yield* journal.paused)
    })
  )

  check(
    "the reason of a pause is kept without secrets",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* journal.pause(pauseAt(0, { reason: `token ghp_${"a1B2".repeat(9)}` }))
      assert.strictEqual((yield* journal.paused)?.reason, `token ${REDACTED}`)
    })
  )

  check(
    "prune keeps the pause that is in force, however old it is",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* journal.pause(pauseAt(0))
      yield* TestClock.setTime(9_000)
      yield* journal.prune({ before: 9_000, over: [], dryRun: false })
      assert.deepStrictEqual(yield* journal.paused, pauseAt(0))
    })
  )
}
