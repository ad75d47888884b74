import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/**
 * The open conditions, and the messages about them, with a delivery for each channel. `place`: the order in which they are sent.
 * `left_out`: of a message that stands for others, how many of each kind.
 */
export const outboxTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE conditions (key TEXT PRIMARY KEY, condition TEXT NOT NULL) STRICT`
  yield* sql`CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    left_out TEXT
  ) STRICT`
  yield* sql`CREATE UNIQUE INDEX messages_by_place ON messages (place)`
  yield* sql`CREATE INDEX messages_by_time ON messages (at)`
  yield* sql`CREATE TABLE deliveries (
    channel TEXT NOT NULL,
    message TEXT NOT NULL REFERENCES messages (id),
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next INTEGER NOT NULL,
    is_repeat INTEGER NOT NULL,
    failed INTEGER,
    reason TEXT,
    detail TEXT,
    PRIMARY KEY (channel, message)
  ) STRICT`
  yield* sql`CREATE INDEX deliveries_in_order ON deliveries (state, channel, place)`
  yield* sql`CREATE INDEX deliveries_of_a_message ON deliveries (message)`
})
