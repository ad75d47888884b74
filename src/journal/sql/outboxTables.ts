import { Effect } from "effect"
import { integer, record, strict, text } from "./columns.ts"
import { sql } from "./transactions.ts"

/**
 * The open conditions, and the messages about them, with a delivery for each channel. `place`: the order in which they are sent.
 * `left_out`: of a message that stands for others, how many of each kind.
 */
export const outboxTables = Effect.gen(function* () {
  yield* sql`CREATE TABLE conditions (key ${text} PRIMARY KEY, condition ${record} NOT NULL) ${strict}`
  yield* sql`CREATE TABLE messages (
    id ${text} PRIMARY KEY,
    place ${integer} NOT NULL,
    at ${integer} NOT NULL,
    kind ${text} NOT NULL,
    message ${record} NOT NULL,
    left_out ${text}
  ) ${strict}`
  yield* sql`CREATE UNIQUE INDEX messages_by_place ON messages (place)`
  yield* sql`CREATE INDEX messages_by_time ON messages (at)`
  yield* sql`CREATE TABLE deliveries (
    channel ${text} NOT NULL,
    message ${text} NOT NULL REFERENCES messages (id),
    place ${integer} NOT NULL,
    at ${integer} NOT NULL,
    state ${text} NOT NULL,
    tries ${integer} NOT NULL,
    next ${integer} NOT NULL,
    is_repeat ${integer} NOT NULL,
    failed ${integer},
    reason ${text},
    detail ${text},
    PRIMARY KEY (channel, message)
  ) ${strict}`
  yield* sql`CREATE INDEX deliveries_in_order ON deliveries (state, channel, place)`
  yield* sql`CREATE INDEX deliveries_of_a_message ON deliveries (message)`
})
