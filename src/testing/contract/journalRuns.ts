import { Effect, TestClock } from "effect"
import { RunId } from "../../domain/Ids.ts"
import { Dispatched, type Outcome } from "../../domain/Outcome.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, opencode, RUN } from "./attempts.ts"
import { alert, refused, report, runAt, skip, type JournalCheck } from "./journalWorld.ts"

/** Outcomes as text, to compare them in any order. */
const inWords = (outcomes: ReadonlyArray<Outcome> = []) => outcomes.map((outcome) => JSON.stringify(outcome))

/** How a journal keeps runs, their reports and notices. */
export const runs = (check: JournalCheck): void => {
  check(
    "an alert is raised once for each key, and kept, oldest first",
    Effect.gen(function* () {
      const journal = yield* Journal
      assert.isEmpty(yield* journal.notices)
      assert.isTrue(yield* journal.notice(alert("b", "first")))
      assert.isTrue(yield* journal.notice(alert("a")))
      assert.isFalse(yield* journal.notice(alert("b", "second")))
      yield* TestClock.adjust("1 day")
      assert.isFalse(yield* journal.notice(alert("b", "third")))
      assert.isTrue(yield* journal.notice(alert("0")))
      assert.deepStrictEqual(
        (yield* journal.notices).map(({ key, text }) => [key, text]),
        [
          ["b", "first"],
          ["a", "look at it"],
          ["0", "look at it"]
        ]
      )
    })
  )

  check(
    "a run begins once and ends once",
    Effect.gen(function* () {
      const journal = yield* Journal
      const other = RunId.make("20261122T040000Z-4f2a91c7d0")
      yield* refused(journal.end(report(RUN)), RUN)
      yield* journal.begin({ run: RUN, host: "vm-1", at: 0 })
      yield* refused(journal.begin({ run: RUN, host: "vm-1", at: 1 }), RUN)
      yield* refused(journal.end(report(other)), other)
      yield* journal.end(report(RUN))
      yield* refused(journal.end(report(RUN)), RUN)
      yield* journal.begin({ run: other, host: "vm-1", at: 2 })
      yield* journal.end(report(other))
    })
  )

  check(
    "report: every run gives back what it skipped and why, whatever earlier and later runs skipped",
    Effect.gen(function* () {
      const journal = yield* Journal
      const done = new Dispatched({ beads: bug, provider: opencode, durationMs: 1, how: "started", passedOver: [] })
      const nights: ReadonlyArray<ReadonlyArray<Outcome>> = [
        [skip("bd-1", "blocked"), skip("bd-2", "blocked")],
        [skip("bd-1", "blocked"), skip("bd-2", "deferred")],
        [],
        [skip("bd-1", "blocked"), skip("bd-2", "blocked"), skip("bd-3", "new")],
        [done, skip("bd-3", "new")],
        [skip("bd-1", "blocked")],
        [skip("bd-1", "blocked"), skip("bd-3", "new")]
      ]
      for (const [n, outcomes] of nights.entries()) {
        yield* journal.begin({ run: runAt(n), host: "vm-1", at: n })
        assert.isUndefined(yield* journal.report(runAt(n)), "it has not ended")
        yield* journal.end(report(runAt(n), "ok", outcomes))
      }
      for (const [n, outcomes] of nights.entries()) {
        const found = yield* journal.report(runAt(n))
        const given = report(runAt(n), "ok", outcomes)
        assert.deepStrictEqual({ ...found, outcomes: [] }, { ...given, outcomes: [] })
        assert.sameMembers(inWords(found?.outcomes), inWords(given.outcomes), `run ${n}`)
      }
      assert.isUndefined(yield* journal.report(runAt(9)))
    })
  )
}
