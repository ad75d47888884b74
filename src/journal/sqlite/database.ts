import * as Reactivity from "@effect/experimental/Reactivity"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as Migrator from "@effect/sql/Migrator"
import { SqlClient } from "@effect/sql/SqlClient"
import { createClient } from "@libsql/client"
import { Cause, Effect } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import { pathToFileURL } from "node:url"
import { journalFailures, type JournalFailures } from "../failures.ts"
import { migrations } from "./migrations.ts"

/** Milliseconds that SQLite waits for another process's lock. The whole process is blocked meanwhile. */
const BUSY_TIMEOUT = 2000

/** Provides the connection, and turns every failure and defect of SQLite into `JournalFailed`. */
const onConnection = <A, E>(file: string, sql: SqlClient, effect: Effect.Effect<A, E, SqlClient>) =>
  effect.pipe(
    Effect.provideService(SqlClient, sql),
    Effect.catchAllCause((cause) => Effect.fail(journalFailures(file).of(Cause.squash(cause))))
  )

/** One connection to the database, for the scope. */
export const connect = (file: string) =>
  Effect.gen(function* () {
    const liveClient = yield* Effect.acquireRelease(
      Effect.try({
        try: () => createClient({ url: pathToFileURL(file).href }),
        catch: journalFailures(file).of
      }),
      (client) => Effect.sync(() => client.close())
    )
    const sql = yield* LibsqlClient.make({ liveClient }).pipe(Effect.provide(Reactivity.layer))
    yield* onConnection(file, sql, sql`PRAGMA busy_timeout = ${sql.literal(String(BUSY_TIMEOUT))}`)
    return sql
  })

/** The number of the last migration that was run on the database, possibly by a later version; 0 if none was. */
export const lastMigration = Effect.gen(function* () {
  const sql = yield* SqlClient
  const tables = yield* sql<{ n: number }>`SELECT count(*) AS n FROM sqlite_master WHERE name = 'effect_sql_migrations'`
  if (tables[0]?.n !== 1) return 0
  const rows = yield* sql<{ latest: number | null }>`SELECT max(migration_id) AS latest FROM effect_sql_migrations`
  return rows[0]?.latest ?? 0
})

/** Whether the database has no tables yet, and whether every migration was run on it. */
interface Progress {
  readonly isEmpty: boolean
  readonly isCurrent: boolean
  /** The number of the last migration that was run on it; 0 if none was. */
  readonly last: number
}

/** Fails if the database is damaged. Reads each page. */
const requireSound = Effect.fn("journal.sound")(function* (failures: JournalFailures) {
  const sql = yield* SqlClient
  const [result] = yield* sql<{ quick_check: string }>`PRAGMA quick_check(1)`
  const answer = result?.quick_check ?? "quick_check returned nothing"
  if (answer !== "ok") return yield* failures.corrupt(answer)
})

/** How far the database is. Fails if it is of a later version. */
const progress = Effect.fn("journal.progress")(function* (failures: JournalFailures) {
  const last = yield* lastMigration
  if (last > migrations.length) return yield* failures.newer(last, migrations.length)
  return { isEmpty: last === 0, isCurrent: last === migrations.length, last } satisfies Progress
})

const migrate = Effect.gen(function* () {
  const sql = yield* SqlClient
  yield* sql`PRAGMA journal_mode = WAL`
  yield* Migrator.make({})({
    loader: Effect.succeed(
      migrations.map(([name, migration], index) => [index + 1, name, Effect.succeed(migration)] as const)
    )
  })
})

/** How far the database is. Fails if it is of a later version, and if it is damaged: `wholly`, in any page. Changes nothing. */
export const progressOf = (file: string, wholly: boolean): Effect.Effect<Progress, JournalFailed, SqlClient> => {
  const failures = journalFailures(file)
  const check = wholly ? Effect.zipRight(requireSound(failures), progress(failures)) : progress(failures)
  return Effect.flatMap(SqlClient, (sql) => onConnection(file, sql, check))
}

/**
 * Checks and migrates the database, on a connection of its own: a connection cannot be used after a migration. Returns how far
 * it was before.
 */
export const prepare = (file: string) =>
  Effect.bindTo(connect(file), "sql").pipe(
    Effect.bind("progress", ({ sql }) => Effect.provideService(progressOf(file, true), SqlClient, sql)),
    Effect.tap(({ progress, sql }) => (progress.isCurrent ? Effect.void : onConnection(file, sql, migrate))),
    Effect.map(({ progress }) => progress),
    Effect.scoped
  )
