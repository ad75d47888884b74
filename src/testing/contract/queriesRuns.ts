import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, opencode } from "./attempts.ts"
import { runAt } from "./journalWorld.ts"
import {
  ALWAYS,
  attempt,
  decision,
  JOB,
  night,
  providerCheck,
  settledAs,
  skipped,
  succeeded,
  type QueriesCheck
} from "./queriesWorld.ts"
import { beadsId } from "./support.ts"

/** What the queries say of runs, bugs and decisions. */
export const runsAndBugs = (check: QueriesCheck): void => {
  check(
    "a journal without rows has no answer to show",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      for (const answer of [
        queries.runs(ALWAYS),
        queries.runs({ last: 9 }),
        queries.ended(ALWAYS),
        queries.endedJobs(ALWAYS),
        queries.open,
        queries.attemptsOf(bug),
        queries.waiting(ALWAYS),
        queries.steps(intentOf(1).actor),
        queries.outcomesOf(bug, 9),
        queries.unchanged,
        queries.checks,
        queries.refusals(ALWAYS),
        queries.bugs,
        queries.decisions(ALWAYS),
        queries.shadows(ALWAYS),
        queries.shadows({ last: 9 }),
        Effect.map(queries.fallbacks(ALWAYS), (found): ReadonlyArray<unknown> => [...found])
      ]) {
        assert.deepStrictEqual(yield* answer, [])
      }
    })
  )

  check(
    "runs: the newest first, of a window or the last so many; one that has not ended has no exit",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      yield* night(1, { fetched: 7, dispatched: 2, failed: 1, exit: 3, end: { _tag: "done" } })
      const down = new TrackerFailed({ operation: "list", reason: "refused", detail: "it is down", blame: "tracker" })
      yield* night(2, { exit: 4, error: "the tracker is down", end: { _tag: "tracker", error: down } })
      yield* Effect.flatMap(Journal, ({ begin }) => begin({ run: runAt(3), host: "vm-2", at: 3_000 }))
      const all = yield* queries.runs(ALWAYS)
      const nothing = { fetched: 0, dispatched: 0, failed: 0, error: undefined }
      assert.deepStrictEqual(all, [
        { ...nothing, run: runAt(3), host: "vm-2", began: 3_000, ended: undefined, end: undefined, exit: undefined },
        {
          ...nothing,
          run: runAt(2),
          host: "vm-1",
          began: 2_000,
          ended: 2_500,
          end: "tracker",
          exit: 4,
          error: "the tracker is down"
        },
        {
          run: runAt(1),
          host: "vm-1",
          began: 1_000,
          ended: 1_500,
          end: "done",
          exit: 3,
          fetched: 7,
          dispatched: 2,
          failed: 1,
          error: undefined
        }
      ])
      assert.deepStrictEqual(yield* queries.runs({ last: 2 }), all.slice(0, 2))
      assert.deepStrictEqual(yield* queries.runs({ last: 0 }), [])
      assert.deepStrictEqual(yield* queries.runs({ since: 1_000, until: 3_000 }), all.slice(1))
      assert.deepStrictEqual(yield* queries.runs({ since: 1_001, until: 2_001 }), all.slice(1, 2))
    })
  )

  check(
    "bugs: each bug that had an attempt lately, once",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      for (const [n, id] of ["bd-2", "bd-1", "bd-2", "bd-10", "ad-9"].entries()) {
        yield* attempt(n + 1, ["Claimed", "Settled"], beadsId(id))
      }
      assert.deepStrictEqual(yield* queries.bugs, ["ad-9", "bd-1", "bd-10", "bd-2"].map(beadsId))
    })
  )

  check(
    "decisions: those of the window, the oldest first; a later one about the same work replaces an earlier one",
    Effect.gen(function* () {
      const journal = yield* Journal
      const queries = yield* JournalQueries
      for (const n of [1, 2, 3]) yield* attempt(n, [...JOB, settledAs(succeeded)])
      for (const each of [
        decision(2, 20),
        decision(1, 10, "rejected"),
        decision(3, 15),
        decision(2, 30, "sent_back")
      ]) {
        yield* journal.decide(each)
      }
      const all = [decision(1, 10, "rejected"), decision(3, 15), decision(2, 30, "sent_back")]
      assert.deepStrictEqual(yield* queries.decisions(ALWAYS), all)
      assert.deepStrictEqual(yield* queries.decisions({ since: 10, until: 30 }), all.slice(0, 2))
      assert.deepStrictEqual(yield* queries.decisions({ since: 11 }), all.slice(1))
      yield* journal.prune({ before: 1_000_000, over: [bug], dryRun: false })
      assert.deepStrictEqual(yield* queries.decisions(ALWAYS), [], "they go with their attempts")
    })
  )

  check(
    "the answers after a prune name only what is left",
    Effect.gen(function* () {
      const journal = yield* Journal
      const queries = yield* JournalQueries
      for (const n of [1, 2, 3])
        yield* night(n, { outcomes: [skipped(bug, "blocked")], providers: [providerCheck(opencode)] })
      yield* journal.prune({ before: 2_000, over: [], dryRun: false })
      assert.deepStrictEqual(
        (yield* queries.runs(ALWAYS)).map(({ run }) => run),
        [runAt(3), runAt(2)]
      )
      assert.deepStrictEqual(yield* queries.outcomesOf(bug, 9), [
        { run: runAt(2), at: 2_000, lastAt: 3_000, outcome: skipped(bug, "blocked") }
      ])
    })
  )
}
