import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { vi } from "vitest"
import { TABLES } from "../../../src/journal/copy/tables.ts"
import { connect } from "../../../src/journal/postgres/connection.ts"
import { postgresFailures } from "../../../src/journal/postgres/failures.ts"
import { largeJournal } from "../../../src/testing/index.ts"
import { intentOf, LOCKING } from "../../contract/attempts.ts"
import { processBundle } from "../../processBundle.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { opened as openedAt, placeOn, type Place } from "../postgres/postgresWorld.ts"
import { ofVersion, once, opened, query, stateDirectory } from "../sqlite/journalWorld.ts"
import { copied } from "./copier.ts"

vi.setConfig({ testTimeout: 120_000 })

const LAST = Date.parse("2026-11-22T23:00:00Z")
const filling = (attempts: number) => largeJournal({ attempts, nights: Math.ceil(attempts / 50), seed: 7, last: LAST })

const databaseOf = ({ address }: Place) => new URL(Redacted.value(address)).pathname.slice(1)

describe("the tables of a copy", () => {
  it.scopedLive("are all that a journal has", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* once(directory, () => Effect.void)
      const rows = yield* query(
        directory,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sql%_%' ORDER BY name"
      )
      assert.sameMembers(
        rows.map(({ name }) => name),
        [...TABLES]
      )
    })
  )
})

onPostgres("a journal that is copied from SQLite to Postgres", (server) => {
  /** A state directory whose journal in SQLite has so many attempts (0: one of this test), and an empty database. */
  const filled = Effect.fn("filled")(function* (attempts: number) {
    const place = yield* placeOn(server)
    yield* once(place.directory, ({ intend }) => (attempts === 0 ? Effect.asVoid(intend(intentOf(1))) : Effect.void))
    if (attempts > 0) yield* query(place.directory, "PRAGMA synchronous = OFF", ...filling(attempts))
    return place
  })
  const asked = (place: Place, statement: string) =>
    Effect.map(server, ({ run }) => run(databaseOf(place), statement).trim())
  const refusal = (place: Place) => Effect.flip(copied(place))

  it.scopedLive("has the same rows in both, and goes on in the database", () =>
    Effect.gen(function* () {
      const place = yield* filled(2_000)
      const { records, result } = yield* copied(place)
      assert.strictEqual(result, "copied")
      assert.deepInclude(records, { runs: 40, attempts: 2_000 })
      const { client } = yield* connect(place.address, postgresFailures("here"))
      for (const table of TABLES) {
        const source = yield* query(place.directory, `SELECT * FROM ${table}`)
        const where = table === "marks" ? "marks WHERE name NOT LIKE '% %'" : table
        const target = yield* client.unsafe<Record<string, unknown>>(`SELECT * FROM ${where}`)
        assert.strictEqual(target.length, source.length, table)
        assert.strictEqual(records[table], source.length, table)
        const columns = Object.keys(source[0] ?? {})
        const asText = (rows: ReadonlyArray<Record<string, unknown>>) =>
          rows.map((row) => JSON.stringify(columns.map((column) => row[column]))).toSorted()
        assert.deepStrictEqual(asText(target), asText(source), table)
      }
      const before = yield* once(place.directory, ({ since }) => since(0))
      const journal = yield* openedAt(place)
      assert.deepStrictEqual(yield* journal.since(0), before)
      assert.deepStrictEqual(yield* journal.notices, [], "it is not taken for a journal that was lost")
      yield* journal.intend(intentOf(2))
      yield* journal.advance(intentOf(2).actor, { _tag: "Claimed" })
      assert.lengthOf(yield* journal.since(0), 2_001)
    })
  )

  it.scopedLive("reads as before what Postgres cannot keep: NUL and half a surrogate pair of an earlier version", () =>
    Effect.gen(function* () {
      const place = yield* filled(0)
      const hostile = `{"key":"a","kind":"work_kept","text":"\\u0000 \\ud800 \\\\u0000 ' \\" $1 \u2028 \u{1f600}"}`
      const quoted = hostile.replaceAll("'", "''")
      yield* query(
        place.directory,
        `INSERT INTO alerts (key, raised, alert) VALUES ('a', 1, '${quoted}'), ('b\\''"', 2, '${quoted.replace('"a"', '"b"')}')`,
        `INSERT INTO runs (run, host, began, number, error) VALUES ('20261122T030011Z-4f2a91c7d0', 'h', 1, 1, 'a' || char(0) || 'b')`
      )
      const before = yield* once(place.directory, ({ notices }) => notices)
      assert.strictEqual((yield* copied(place)).result, "copied")
      const journal = yield* openedAt(place)
      assert.deepStrictEqual(yield* journal.notices, before)
      assert.deepStrictEqual(yield* journal.prunable(LAST), [], "Postgres looks into each of these records")
      assert.strictEqual((yield* copied(place)).result, "already")
    })
  )

  it.scopedLive("is copied once: again nothing is, and a journal that went on in SQLite is refused", () =>
    Effect.gen(function* () {
      const place = yield* filled(0)
      yield* copied(place)
      yield* (yield* openedAt(place)).intend(intentOf(2))
      assert.strictEqual((yield* copied(place)).result, "already")
      assert.strictEqual(yield* asked(place, "SELECT count(*) FROM attempts"), "2")
      yield* once(place.directory, ({ intend }) => intend(intentOf(3)))
      assert.match((yield* refusal(place)).message, /holds a copy of 20.*was changed after that.*empty database/)
      assert.strictEqual(yield* asked(place, "SELECT count(*) FROM attempts"), "2")
    })
  )

  it.scopedLive("is only counted in a dry run: not even a table is made", () =>
    Effect.gen(function* () {
      const place = yield* filled(100)
      const { records, result } = yield* copied(place, true)
      assert.deepStrictEqual([result, records["attempts"]], ["counted", 100])
      assert.strictEqual(yield* asked(place, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")
    })
  )

  it.scopedLive("is refused by a database that holds the copy of another state directory, whose mark is said", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* filled(0), yield* filled(0)]
      yield* copied(first)
      const { mark } = JSON.parse(fs.readFileSync(path.join(first.directory, "identity.json"), "utf8"))
      const failure = yield* refusal({ ...second, address: first.address })
      assert.include(failure.message, `its mark is ${mark}`)
      assert.strictEqual(yield* asked(first, "SELECT count(*) FROM attempts"), "1")
    })
  )

  it.scopedLive("is refused by a database in which a run wrote", () =>
    Effect.gen(function* () {
      const place = yield* filled(0)
      yield* Effect.scoped(Effect.flatMap(openedAt(place), ({ intend }) => intend(intentOf(9))))
      assert.match((yield* refusal(place)).message, /it holds records already \(in attempts\)/)
      assert.strictEqual(yield* asked(place, "SELECT count(*) FROM attempts"), "1")
    })
  )

  it.scopedLive("is refused if there is none, or if another version made it", () =>
    Effect.gen(function* () {
      const place = yield* placeOn(server)
      assert.match((yield* refusal(place)).message, /there is no journal in SQLite/)
      const earlier = { ...place, directory: yield* ofVersion(9) }
      assert.match(
        (yield* refusal(earlier)).message,
        /an earlier version made it \(schema 9\).*nightly-dispatch settle/
      )
      const later = yield* filled(0)
      yield* query(later.directory, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (999, 'later')")
      assert.match((yield* refusal(later)).message, /a newer version made it.*Use that version/)
      assert.strictEqual(yield* asked(later, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")
    })
  )

  it.scopedLive("is refused while a run or a watcher is active", () =>
    Effect.gen(function* () {
      const place = yield* filled(0)
      const journal = yield* opened(place.directory)
      yield* Effect.scoped(
        Effect.gen(function* () {
          assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)))
          assert.match((yield* refusal(place)).message, /a run is active/)
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          assert.isTrue(Option.isNone(yield* journal.watch(LOCKING.run)))
          assert.match((yield* refusal(place)).message, /a watcher is active.*kill \d+/)
        })
      )
      assert.strictEqual((yield* copied(place)).result, "copied")
    })
  )

  it.scopedLive("with a damaged record is not copied at all", () =>
    Effect.gen(function* () {
      const place = yield* filled(200)
      yield* query(place.directory, "UPDATE steps SET step = '{' WHERE id = (SELECT max(id) FROM steps)")
      assert.match((yield* refusal(place)).message, /it is damaged \(a record of steps: /)
      assert.strictEqual(yield* asked(place, "SELECT count(*) FROM attempts"), "0")
    })
  )

  describe("by a process that is killed", () => {
    const bundle = processBundle({
      contents: `import { main } from "./copier.ts"; await main(process.argv[2], process.env.ADDRESS)`,
      directory: import.meta.dirname,
      // Without its clients for the network, whose loading takes half of the start. The program leaves them out, too.
      alias: { "@libsql/client": "@libsql/client/sqlite3" },
      external: ["pg-native"]
    })

    /** Starts a copy and kills it as soon as it writes records to a table of this pattern. Gives whether it was still at work. */
    const killedAt = (place: Place, table: string) =>
      Effect.gen(function* () {
        const env = { ...process.env, ADDRESS: Redacted.value(place.address) }
        const child = spawn(process.execPath, [bundle(), place.directory], {
          env,
          stdio: "ignore"
        })
        const ended = new Promise<NodeJS.Signals | null>((resolve) =>
          child.once("exit", (_, signal) => resolve(signal))
        )
        const writes = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${databaseOf(place)}'
          AND xact_start IS NOT NULL AND query LIKE 'INSERT INTO "${table}"%' AND query NOT LIKE '%effect_sql_migrations%'`
        while (child.exitCode === null && (yield* asked(place, writes)) === "0") yield* Effect.sleep("2 millis")
        child.kill("SIGKILL")
        return (yield* Effect.promise(() => ended)) === "SIGKILL"
      })

    it.scopedLive("leaves the database empty, and the next copy is whole", () =>
      Effect.gen(function* () {
        const place = yield* filled(20_000)
        for (const table of ["%", "steps"]) {
          assert.isTrue(yield* killedAt(place, table), `killed at ${table}`)
          yield* Effect.sleep("300 millis")
          const counts = TABLES.map((name) => `(SELECT count(*) FROM ${name})`).join(" + ")
          assert.strictEqual(yield* asked(place, `SELECT ${counts}`), "0")
        }
        const { records, result } = yield* copied(place)
        assert.strictEqual(result, "copied")
        assert.strictEqual(yield* asked(place, "SELECT count(*) FROM steps"), String(records["steps"]))
      })
    )
  })
})
