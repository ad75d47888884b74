import { Effect } from "effect"
import type { Ending } from "../../domain/Attempt.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { assert } from "./assert.ts"
import { intentOf } from "./attempts.ts"
import { ALWAYS, attempt, decision, JOB, numbers, settledAs, succeeded, type QueriesCheck } from "./queriesWorld.ts"
import { beadsId } from "./support.ts"

/** Which work waits for a person. */
export const waitingIn = (check: QueriesCheck): void => {
  check(
    "waiting: work that a person has to look at, until a decision, a retry or a later attempt",
    Effect.gen(function* () {
      const journal = yield* Journal
      const queries = yield* JournalQueries
      const waiting = Effect.map(queries.waiting(ALWAYS), numbers)
      const ends: ReadonlyArray<Ending> = [
        succeeded,
        { end: "unverified", detail: "the check cannot start", blame: "host" },
        { end: "unverified", detail: "the check failed", blame: "issue" },
        { end: "no_op", detail: "nothing changed" },
        { end: "failed", detail: "exit 3", blame: "issue" }
      ]
      for (const [n, end] of ends.entries()) yield* attempt(n + 1, [...JOB, settledAs(end)], beadsId(`bd-${n + 1}`))
      yield* attempt(6, [...JOB, settledAs(succeeded)], beadsId("bd-6"))
      yield* attempt(7, [...JOB, settledAs(succeeded)], beadsId("bd-7"))
      assert.deepStrictEqual(yield* waiting, [1, 2, 6, 7])
      const since = (yield* queries.attemptsOf(beadsId("bd-6")))[0]?.changed ?? 0
      assert.deepStrictEqual(numbers(yield* queries.waiting({ since })), [6, 7])
      assert.deepStrictEqual(numbers(yield* queries.waiting({ since: 0, until: since })), [1, 2])

      yield* journal.decide({ ...decision(1, 30_000, "rejected"), beads: beadsId("bd-1") })
      assert.deepStrictEqual(yield* waiting, [2, 6, 7])
      yield* journal.clear(beadsId("bd-2"))
      assert.deepStrictEqual(yield* waiting, [6, 7])
      yield* attempt(30, ["Claimed"], beadsId("bd-6"))
      assert.deepStrictEqual(yield* waiting, [7])
      yield* journal.reopen(intentOf(7).actor)
      assert.deepStrictEqual(yield* waiting, [])
      yield* journal.advance(intentOf(7).actor, settledAs(succeeded))
      assert.deepStrictEqual(yield* waiting, [7])
      const [decided, cleared] = [
        yield* queries.attemptsOf(beadsId("bd-1")),
        yield* queries.attemptsOf(beadsId("bd-2"))
      ]
      assert.deepInclude(decided[0], { decision: "rejected", cleared: false })
      assert.deepInclude(cleared[0], { decision: undefined, cleared: true })
    })
  )
}
