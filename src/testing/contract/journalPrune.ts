import { Effect, TestClock } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { intentOf, STEPS } from "./attempts.ts"
import { runAt, type JournalCheck } from "./journalWorld.ts"
import { beadsId } from "./support.ts"

const bugOf = (n: number) => beadsId(`bd-${n}`)

/** The n-th run, with one attempt at the n-th bug, at the n-th second. */
const night = Effect.fn("night")(function* (n: number, settles: boolean) {
  const journal = yield* Journal
  yield* TestClock.setTime(n * 1_000)
  yield* journal.begin({ run: runAt(n), host: "vm-1", at: n * 1_000 })
  const intent = { ...intentOf(n, bugOf(n)), run: runAt(n) }
  yield* journal.intend(intent)
  if (settles) yield* journal.advance(intent.actor, STEPS.Settled)
})

/** Whether the run is on record. */
const isKnown = (n: number) =>
  Effect.flatMap(Journal, ({ begin }) =>
    Effect.match(begin({ run: runAt(n), host: "", at: 0 }), { onFailure: () => true, onSuccess: () => false })
  )

const attemptsOf = Effect.flatMap(Journal, (journal) =>
  Effect.map(journal.since(0), (all) => all.map(({ beads }) => beads))
)

/** What `prune` must remove and keep. */
export const prune = (check: JournalCheck): void => {
  check(
    "removes the old retries of bugs that are over",
    Effect.gen(function* () {
      const journal = yield* Journal
      for (const n of [1, 2, 3]) {
        yield* TestClock.setTime(n * 1_000)
        yield* journal.clear(bugOf(n))
      }
      assert.sameMembers(yield* journal.prunable(3_000), [bugOf(1), bugOf(2)])
      const cut = { before: 3_000, over: [bugOf(1), bugOf(3)], dryRun: true }
      yield* journal.prune(cut)
      assert.lengthOf(yield* journal.retries, 3, "a dry run removes nothing")
      yield* journal.prune({ ...cut, dryRun: false })
      assert.deepStrictEqual(yield* journal.retries, [
        { beads: bugOf(2), at: 2_000 },
        { beads: bugOf(3), at: 3_000 }
      ])
    })
  )

  check(
    "removes old settled attempts of bugs that are over, with their runs, and nothing else",
    Effect.gen(function* () {
      const journal = yield* Journal
      for (const n of [1, 2, 3, 4, 5]) yield* night(n, n !== 3)
      const over = [1, 3, 4].map(bugOf)
      const cut = { before: 4_000, over, dryRun: false }
      assert.sameMembers(yield* journal.prunable(4_000), [bugOf(1), bugOf(2)])
      assert.deepStrictEqual(yield* journal.prune({ ...cut, dryRun: true }), { runs: 1, attempts: 1, alerts: 0 })
      assert.lengthOf(yield* attemptsOf, 5, "a dry run removes nothing")
      assert.isUndefined(yield* journal.pruned)
      assert.deepStrictEqual(yield* journal.prune(cut), { runs: 1, attempts: 1, alerts: 0 })
      assert.strictEqual(yield* journal.pruned, 5_000)
      assert.deepStrictEqual(
        yield* attemptsOf,
        [2, 3, 4, 5].map(bugOf),
        "bd-2 is not over, bd-3 has an open attempt, bd-4 is not old"
      )
      assert.deepStrictEqual(yield* journal.prune(cut), { runs: 0, attempts: 0, alerts: 0 }, "once is enough")
      assert.isTrue(yield* isKnown(2), "a run with an attempt stays")
      assert.isFalse(yield* isKnown(1))
    })
  )

  check(
    "an old settled attempt stays while a later attempt at its bug is open",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* night(1, true)
      yield* journal.intend({ ...intentOf(2, bugOf(1)), run: runAt(1) })
      assert.isEmpty(yield* journal.prunable(9_000))
      yield* journal.prune({ before: 9_000, over: [bugOf(1)], dryRun: false })
      assert.lengthOf(yield* attemptsOf, 2)
    })
  )

  check(
    "the newest run stays, however old it is",
    Effect.gen(function* () {
      const journal = yield* Journal
      for (const n of [1, 2]) yield* journal.begin({ run: runAt(n), host: "vm-1", at: n })
      const counts = yield* journal.prune({ before: 9_000, over: [], dryRun: false })
      assert.deepStrictEqual(counts, { runs: 1, attempts: 0, alerts: 0 })
      assert.isTrue(yield* isKnown(2))
    })
  )

  check(
    "an old notice goes, unless its bug is not over",
    Effect.gen(function* () {
      const journal = yield* Journal
      const notice = (key: string, beads?: BeadsId) => journal.notice({ key, kind: "work_kept", beads, text: "look" })
      yield* TestClock.setTime(1_000)
      yield* notice("over", bugOf(1))
      yield* notice("waits", bugOf(2))
      yield* notice("of no bug")
      yield* TestClock.setTime(9_000)
      yield* notice("new", bugOf(1))
      assert.sameMembers(yield* journal.prunable(9_000), [bugOf(1), bugOf(2)])
      const cut = { before: 9_000, over: [bugOf(1)] }
      assert.strictEqual((yield* journal.prune({ ...cut, dryRun: true })).alerts, 2)
      assert.strictEqual((yield* journal.prune({ ...cut, dryRun: false })).alerts, 2)
      assert.deepStrictEqual(
        (yield* journal.notices).map(({ key }) => key),
        ["waits", "new"]
      )
    })
  )
}
