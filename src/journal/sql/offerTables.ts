import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { text } from "./columns.ts"
import { sql } from "./transactions.ts"

const onPostgres = Effect.gen(function* () {
  yield* sql`CREATE TABLE ticks (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL DEFAULT now(),
    host ${text} NOT NULL REFERENCES hosts (mark),
    epoch BIGINT NOT NULL DEFAULT 1,
    until TIMESTAMPTZ NOT NULL,
    ended TIMESTAMPTZ
  )`
  yield* sql`CREATE TABLE offers (
    id ${text} PRIMARY KEY,
    tick BIGINT NOT NULL REFERENCES ticks (id),
    rank BIGINT NOT NULL,
    beads ${text} NOT NULL,
    needs JSON NOT NULL,
    declined JSON NOT NULL,
    host ${text} REFERENCES hosts (mark),
    until TIMESTAMPTZ,
    ended TIMESTAMPTZ,
    outcome ${text}
  )`
  yield* sql`CREATE INDEX open_offers ON offers (tick, rank) WHERE ended IS NULL`
})

/** The ticks of a fleet, and the bugs that their planners offer. A journal in SQLite has one host and needs neither. */
export const offerTables = Effect.flatMap(SqlClient, (client) =>
  client.onDialectOrElse({ pg: () => onPostgres, orElse: () => Effect.void })
)
