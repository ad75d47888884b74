import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

// Every record is one JSON document, decoded by its Schema; other columns exist only to search by. Never change a migration
// that was released: add another one.
const tables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    began INTEGER NOT NULL,
    ended INTEGER,
    exit INTEGER,
    report TEXT
  ) STRICT`
  yield* sql`CREATE TABLE attempts (
    actor TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    beads TEXT NOT NULL,
    phase TEXT NOT NULL,
    began INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    attempt TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX attempts_of_a_bug ON attempts (beads, began)`
  yield* sql`CREATE INDEX open_attempts ON attempts (began) WHERE phase <> 'settled'`
  yield* sql`CREATE TABLE steps (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL REFERENCES attempts (actor),
    at INTEGER NOT NULL,
    step TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE outcomes (
    run TEXT NOT NULL REFERENCES runs (run),
    beads TEXT NOT NULL,
    tag TEXT NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE INDEX outcomes_of_a_bug ON outcomes (beads)`
  yield* sql`CREATE TABLE provider_checks (
    run TEXT NOT NULL REFERENCES runs (run),
    provider TEXT NOT NULL,
    available INTEGER NOT NULL,
    "check" TEXT NOT NULL
  ) STRICT`
  yield* sql`CREATE TABLE alerts (
    key TEXT PRIMARY KEY,
    raised INTEGER NOT NULL,
    sent INTEGER,
    alert TEXT NOT NULL
  ) STRICT`
})

/** Numbered from 1, without gaps. */
export const migrations = [["tables", tables]] as const
