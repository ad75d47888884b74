import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import { Mark } from "../../../src/domain/Identity.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { journalFailures } from "../../../src/journal/failures.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { connect } from "../../../src/journal/sqlite/database.ts"
import { makeQueries } from "../../../src/journal/sql/queries.ts"
import { NO_FENCE } from "../../../src/journal/sql/Fence.ts"
import { makeStatements } from "../../../src/journal/sql/statements.ts"
import { makeTransactions } from "../../../src/journal/sqlite/transactions.ts"
import { largeJournal, type LargeJournal } from "../../../src/testing/index.ts"
import { database, once, query, stateDirectory, statementsOf, viewingIn } from "./journalWorld.ts"

const LAST = Date.parse("2026-11-22T23:00:00Z")
const SIZE: LargeJournal = { attempts: 2_000, nights: 100, seed: 7, last: LAST }
const ALWAYS = { since: 0 }

const filled = Effect.fn("filled")(function* (size: LargeJournal) {
  const directory = yield* stateDirectory
  yield* once(directory, () => Effect.void)
  yield* query(directory, "PRAGMA synchronous = OFF", ...largeJournal(size))
  return directory
})

describe("a large journal", () => {
  it.scopedLive("is one that a run could have written", () =>
    Effect.gen(function* () {
      const directory = yield* filled(SIZE)
      const services = yield* Layer.build(viewingIn(directory))
      const [journal, queries] = [Context.get(services, Journal), Context.get(services, JournalQueries)]
      const attempts = yield* journal.since(0)
      assert.lengthOf(attempts, 2_000)
      const runs = yield* queries.runs(ALWAYS)
      assert.deepStrictEqual([runs.length, runs[0]?.began], [100, LAST])
      assert.strictEqual((yield* journal.report(runs[3]!.run))?.outcomes.length, 21, "20 attempts and a skipped bug")
      assert.lengthOf(yield* queries.open, 2)
      assert.lengthOf(yield* queries.bugs, 680)
      const ended = yield* queries.ended(ALWAYS)
      assert.isAbove(ended.length, 1_500)
      const waiting = yield* queries.waiting(ALWAYS)
      const decisions = yield* queries.decisions(ALWAYS)
      assert.isAbove(waiting.length, 10)
      assert.isAbove(decisions.length, 4 * waiting.length)
      const works = ended.filter(({ end }) => end === "succeeded" || end === "unverified")
      assert.strictEqual(waiting.length + decisions.length, works.length)
      assert.deepStrictEqual(
        (yield* queries.steps(works[0]!.actor)).map(({ step }) => step._tag),
        ["Intended", "Claimed", "WorkspaceMade", "Prompted", "Starting", "Acknowledged", "Settled"]
      )
      assert.sameMembers([...(yield* queries.fallbacks(ALWAYS)).keys()], ["claude", "gemini"])
      assert.lengthOf(yield* queries.refusals(ALWAYS), 3)
      assert.lengthOf(yield* queries.checks, 3)
      assert.isNotEmpty(yield* queries.outcomesOf("app-skipped-000001", 9))
    })
  )

  it.scopedLive("depends on the seed only", () =>
    Effect.gen(function* () {
      const rows = Effect.fn("rows")(function* (seed: number) {
        const directory = yield* filled({ ...SIZE, attempts: 100, nights: 5, seed })
        return JSON.stringify(yield* query(directory, "SELECT * FROM attempts ORDER BY rowid"))
      })
      assert.strictEqual(yield* rows(1), yield* rows(1))
      assert.notStrictEqual(yield* rows(1), yield* rows(2))
    })
  )

  it.scopedLive("no query of a view or a plan reads all attempts, runs, outcomes or steps", () =>
    Effect.gen(function* () {
      const directory = yield* filled({ ...SIZE, attempts: 100, nights: 5 })
      const failures = journalFailures(database(directory))
      const transactions = yield* makeTransactions(connect(database(directory)))
      const queries = makeQueries(transactions, failures)
      const identity = { mark: Mark.make("0".repeat(32)), adopted: [], copied: [], trackers: [] }
      const journal = makeStatements(transactions, failures, (text) => text, { fence: NO_FENCE, identity })
      const [attempt] = yield* queries.open
      const { actor, beads, run } = attempt!
      const window = { since: LAST - 1, until: LAST + 1 }
      const later = { since: LAST }
      const calls: ReadonlyArray<Effect.Effect<unknown, JournalFailed>> = [
        queries.runs({ last: 2 }),
        queries.runs(window),
        queries.ended(window),
        queries.endedJobs(window),
        queries.open,
        queries.attemptsOf(beads),
        queries.waiting(window),
        queries.steps(actor),
        queries.outcomesOf(beads, 2),
        queries.unchanged,
        queries.checks,
        queries.refusals(window),
        queries.fallbacks(window),
        queries.bugs,
        queries.decisions(window),
        queries.runs(later),
        queries.ended(later),
        queries.endedJobs(later),
        queries.waiting(later),
        queries.refusals(later),
        queries.fallbacks(later),
        queries.decisions(later),
        journal.open,
        journal.since(LAST),
        journal.of(beads),
        journal.find(actor),
        journal.unreported,
        journal.report(run),
        journal.prunable(LAST)
      ]
      const asked = yield* statementsOf(Effect.all(calls))
      assert.isAtLeast(asked.length, 20)
      const connection = yield* connect(database(directory))
      // Rows that still need work, tables that stay small, and parts of a query.
      const small =
        /^SCAN ((a|attempts) USING INDEX (open_attempts|unreported_ends)|skips USING INDEX open_skips|span|spans|looked|\(subquery-\d+\)|f|p|providers|newest|sqlite_master|skips|retries|alerts|json_each VIRTUAL TABLE INDEX 1:)$/
      const newest = /^SCAN (runs USING INDEX runs_by_number|attempts USING COVERING INDEX attempts_by_change)$/
      for (const [sql, params] of asked) {
        const plan = yield* connection.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, params)
        const scans = plan
          .map(({ detail }) => detail)
          .filter((detail) => /^SCAN (?!CONSTANT ROW)/.test(detail) && !small.test(detail))
          .filter((detail) => !(sql.includes("LIMIT") && newest.test(detail)))
        assert.deepStrictEqual(scans, [], sql)
      }
    })
  )
})
