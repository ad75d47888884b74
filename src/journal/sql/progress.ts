import * as Migrator from "@effect/sql/Migrator"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { JournalFailures } from "../failures.ts"
import { migrations } from "./migrations.ts"
import { sql } from "./transactions.ts"

const TABLE = "effect_sql_migrations"

const hasTable = Effect.flatMap(SqlClient, (client) =>
  client.onDialectOrElse({
    pg: () => client<{ n: number }>`SELECT count(to_regclass(${TABLE})) AS n`,
    orElse: () => client<{ n: number }>`SELECT count(*) AS n FROM sqlite_master WHERE name = ${TABLE}`
  })
)

/** The number of the last migration that was run on the database, possibly by a later version; 0 if none was. */
export const lastMigration = Effect.gen(function* () {
  const [found] = yield* hasTable
  if (found?.n !== 1) return 0
  const rows = yield* sql<{ latest: number | null }>`SELECT max(migration_id) AS latest FROM effect_sql_migrations`
  return rows[0]?.latest ?? 0
})

/** Whether the database has no tables yet, and whether every migration was run on it. */
export interface Progress {
  readonly isEmpty: boolean
  readonly isCurrent: boolean
  /** The number of the last migration that was run on it; 0 if none was. */
  readonly last: number
}

/** Fails if the database is of a later version. */
export const requireKnown = (failures: JournalFailures) =>
  Effect.filterOrFail(
    lastMigration,
    (last) => last <= migrations.length,
    (last) => failures.newer(last, migrations.length)
  )

/** How far the database is. Fails if it is of a later version. */
export const progress = Effect.fn("journal.progress")(function* (failures: JournalFailures) {
  const last = yield* requireKnown(failures)
  return { isEmpty: last === 0, isCurrent: last === migrations.length, last } satisfies Progress
})

/** Runs the migrations that were not run yet. */
export const migrate = Migrator.make({})({
  table: TABLE,
  loader: Effect.succeed(
    migrations.map(([name, migration], index) => [index + 1, name, Effect.succeed(migration)] as const)
  )
})
