import { assert, describe, it } from "@effect/vitest"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import * as fs from "node:fs"
import { RunId } from "../../../src/domain/Ids.ts"
import { Skipped, type SkipReason } from "../../../src/domain/Outcome.ts"
import { RunReport } from "../../../src/domain/RunReport.ts"
import { connect } from "../../../src/journal/sqlite/database.ts"
import { migrations } from "../../../src/journal/sql/migrations.ts"
import { database, once, opened, query, stateDirectory, statementsOf } from "./journalWorld.ts"

const runAt = (n: number) => RunId.make(`20261122T0${n}0000Z-4f2a91c7d0`)

const skipped = (beads: string, reason: SkipReason) => new Skipped({ beads, reason, detail: `why ${reason}` })

const reportOf = (n: number, outcomes: ReadonlyArray<Skipped>) =>
  RunReport.make({
    run: runAt(n),
    startedAt: "2026-11-22T03:00:00.000Z",
    dryRun: false,
    backends: { beads: "b", runner: "r", workspace: "w" },
    fetched: outcomes.length,
    chosen: 0,
    dispatched: 0,
    failed: 0,
    skipped: outcomes.length,
    settled: 0,
    exit: 0,
    durationMs: 1,
    providers: [],
    outcomes
  })

const bugs = Array.from({ length: 600 }, (_, n) => `bd-${n}`)

/** A run that skips these bugs. */
const night = (directory: string, n: number, outcomes: ReadonlyArray<Skipped>) =>
  once(directory, (journal) =>
    Effect.zipRight(journal.begin({ run: runAt(n), host: "vm-1", at: n }), journal.end(reportOf(n, outcomes)))
  )

describe("skipped bugs on disk", () => {
  it.scopedLive("a bug that is skipped for the same reason takes no further room", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const same = bugs.map((beads) => skipped(beads, "blocked"))
      yield* night(directory, 1, same)
      const pages = () => Effect.map(query(directory, "PRAGMA page_count"), ([row]) => Number(row?.["page_count"]))
      const after = yield* pages()
      for (const n of [2, 3, 4, 5]) yield* night(directory, n, same)
      assert.isAtMost((yield* pages()) - after, 1, "4 runs with 600 skipped bugs fit into one page of 4 KiB")
      yield* night(directory, 6, [...same.slice(1), skipped("bd-0", "deferred")])
      assert.lengthOf(yield* query(directory, "SELECT 1 FROM skips"), 601)
      assert.lengthOf(yield* query(directory, "SELECT 1 FROM outcomes"), 0)
    })
  )

  it.scopedLive("a run that skips 20,000 bugs writes them with a few statements", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const many = (reason: SkipReason) => Array.from({ length: 20_000 }, (_, n) => skipped(`bd-${n}`, reason))
      const first = yield* statementsOf(night(directory, 1, many("blocked")))
      const second = yield* statementsOf(night(directory, 2, many("limit")))
      for (const statements of [first, second]) {
        const written = statements.filter(([text]) => /(?:INSERT INTO|UPDATE) skips/.test(text)).length
        assert.isTrue(written > 0 && written <= 10, `${written} statements`)
      }
      assert.lengthOf(yield* query(directory, "SELECT 1 FROM skips WHERE until IS NULL AND beads LIKE 'bd-%'"), 20_000)
      assert.lengthOf(yield* query(directory, "SELECT 1 FROM skips WHERE until = 2"), 20_000)
    })
  )

  it.scopedLive("the id of an unreadable record, which may be a secret, is written without it", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const token = `my xoxb-${"1".repeat(12)}`
      yield* night(directory, 1, [skipped(token, "malformed")])
      const rows = yield* query(directory, "SELECT beads FROM skips")
      assert.deepStrictEqual(
        rows.map(({ beads }) => beads),
        ["my [redacted]"]
      )
    })
  )

  it.scopedLive("the rows of an earlier version become one row for as long as the reason was the same", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      fs.mkdirSync(directory, { mode: 0o700 })
      yield* connect(database(directory)).pipe(
        Effect.flatMap((sql) =>
          Effect.zipRight(
            sql`CREATE TABLE effect_sql_migrations
              (migration_id INTEGER PRIMARY KEY, created_at TEXT DEFAULT current_timestamp, name TEXT NOT NULL)`,
            Effect.provideService(migrations[0][1], SqlClient, sql)
          )
        ),
        Effect.scoped
      )
      yield* query(directory, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (1, 'tables')")
      const nights = [
        [skipped("bd-1", "blocked"), skipped("bd-2", "blocked")],
        [skipped("bd-1", "blocked"), skipped("bd-2", "deferred")],
        [],
        [skipped("bd-1", "blocked"), skipped("bd-1", "blocked"), skipped("bd-2", "blocked")]
      ]
      // Two records that are equal become one.
      const kept: Readonly<Record<number, ReadonlyArray<Skipped>>> = {
        3: [skipped("bd-1", "blocked"), skipped("bd-2", "blocked")]
      }
      const quoted = (record: unknown) => `'${JSON.stringify(record).replaceAll("'", "''")}'`
      for (const [n, outcomes] of nights.entries()) {
        yield* query(
          directory,
          `INSERT INTO runs (run, host, began, ended, exit, report)
            VALUES ('${runAt(n)}', 'vm-1', ${n}, ${n}, 0, ${quoted(reportOf(n, outcomes))})`,
          ...outcomes.map(
            (outcome) => `INSERT INTO outcomes (run, beads, tag, outcome)
              VALUES ('${runAt(n)}', '${outcome.beads}', 'Skipped', ${quoted(outcome)})`
          )
        )
      }
      const journal = yield* opened(directory)
      for (const [n, outcomes] of nights.entries()) {
        const found = yield* journal.report(runAt(n))
        assert.strictEqual(found?.skipped, outcomes.length)
        assert.sameDeepMembers([...(found?.outcomes ?? [])], [...(kept[n] ?? outcomes)])
      }
      assert.lengthOf(yield* query(directory, "SELECT 1 FROM outcomes"), 0)
      yield* night(directory, 7, [skipped("bd-1", "blocked"), skipped("bd-2", "blocked")])
      assert.lengthOf(yield* query(directory, "SELECT 1 FROM skips"), 5, "the newest rows hold on")
    })
  )
})
