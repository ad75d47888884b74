import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { text } from "./columns.ts"
import { sql } from "./transactions.ts"

/** The columns of an attempt that only Postgres has. */
export const FLEET_COLUMNS: ReadonlyArray<string> = ["host", "epoch", "fence_until", "held_until"]

const onPostgres = Effect.gen(function* () {
  yield* sql`CREATE TABLE hosts (
    mark ${text} PRIMARY KEY,
    name ${text} NOT NULL,
    tags JSON NOT NULL,
    version ${text} NOT NULL,
    jobs BIGINT,
    per_run BIGINT,
    seen TIMESTAMPTZ NOT NULL DEFAULT now(),
    state ${text} NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'evicted')),
    epoch BIGINT NOT NULL DEFAULT 1,
    reason ${text}
  )`
  yield* sql`ALTER TABLE attempts
    ADD COLUMN host ${text} REFERENCES hosts (mark),
    ADD COLUMN epoch BIGINT,
    ADD COLUMN fence_until TIMESTAMPTZ,
    ADD COLUMN held_until TIMESTAMPTZ`
  // What came from SQLite has no host, and may hold two open attempts at a bug.
  yield* sql`CREATE UNIQUE INDEX one_open_attempt ON attempts (beads) WHERE phase <> 'settled' AND host IS NOT NULL`
})

/**
 * The hosts of a fleet, and whose an attempt is. `fence_until`: later its dispatch may go no further. `held_until`: earlier no other
 * host settles it. A journal in SQLite is one host's and has nothing of it.
 */
export const fleetTables = Effect.flatMap(SqlClient, (client) =>
  client.onDialectOrElse({ pg: () => onPostgres, orElse: () => Effect.void })
)

/** What names each host's tracker, wherever it is on that host: hosts of one journal have one tracker. */
export const hostProjects = Effect.flatMap(SqlClient, (client) =>
  client.onDialectOrElse({
    pg: () => Effect.asVoid(sql`ALTER TABLE hosts ADD COLUMN project ${text}`),
    orElse: () => Effect.void
  })
)
