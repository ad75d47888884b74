import { SqlClient } from "@effect/sql/SqlClient"
import { Cause, Effect, type Redacted } from "effect"
import { fenceTerms } from "../../domain/fence.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { VERSION } from "../../domain/version.ts"
import type { Database } from "../sql/Database.ts"
import { migrate, progress } from "../sql/progress.ts"
import { sql } from "../sql/transactions.ts"
import { IDENTITY } from "../stateFiles.ts"
import { shownAddress } from "./address.ts"
import { connect } from "./connection.ts"
import { postgresFailures } from "./failures.ts"
import { fenceOf } from "./fence.ts"
import { enrol, fleetOn } from "./hosts.ts"
import { makeOffice } from "./office.ts"
import { offersOf } from "./offers.ts"
import { projectOf } from "./oneTracker.ts"
import { makeTransactions } from "./transactions.ts"

/** Of the advisory lock under which one host after another makes and migrates the tables. */
const MIGRATION_LOCK = 0x6e64_6d67

const migrationsTable = sql`CREATE TABLE IF NOT EXISTS effect_sql_migrations (
  migration_id INTEGER PRIMARY KEY,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  name TEXT NOT NULL
)`

const lostText = (place: string) =>
  `journal ${place}: it is empty, but ${IDENTITY} in the state directory says that there was a journal. Claims and jobs of earlier ` +
  "runs are found in the tracker and the runner; how often each bug failed, and which work waits for review without its label, is " +
  "not known in this one. If the journal was in SQLite before, or in another database, that one still holds it"

/** The database at this address. */
export const postgresAt = (address: Redacted.Redacted): Database => {
  const place = shownAddress(address)
  const failures = (redact?: Redactor) => postgresFailures(place, redact)
  const connected = connect(address, failures())
  const orFailed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.catchAllCause(effect, (cause) => Effect.fail(failures().of(Cause.squash(cause))))
  const prepared = Effect.gen(function* () {
    yield* sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`
    // The migrator asks for its table by a statement that fails, and after that Postgres takes no other in this transaction.
    yield* migrationsTable
    const found = yield* progress(failures())
    if (!found.isCurrent) yield* migrate
    return found
  })
  return {
    place,
    version: `Postgres (${place})`,
    failures,
    exists: Effect.succeed(true),
    make: Effect.void,
    prepare: connected.pipe(
      Effect.flatMap(({ client }) =>
        client.withTransaction(prepared).pipe(Effect.provideService(SqlClient, client), orFailed)
      ),
      Effect.scoped
    ),
    connect: Effect.flatMap(connected, makeTransactions),
    enrol: Effect.fn("fleet.enrolled")(function* (on, identity, name) {
      const settings = yield* CurrentSettings
      const facts = {
        name: settings.host.name ?? name ?? identity.mark.slice(0, 8),
        tags: settings.host.tags,
        version: VERSION,
        project: yield* projectOf(identity)
      }
      const epoch = yield* Effect.mapError(on.write(enrol(identity, facts, failures())), failures().of)
      return {
        fence: fenceOf({ identity, epoch, terms: fenceTerms(settings), failures: failures() }),
        fleet: {
          ...fleetOn(on, failures(), identity, epoch),
          offers: offersOf(makeOffice(identity.mark, epoch, on, failures()))
        }
      }
    }),
    fleet: (on, identity) => fleetOn(on, failures(), identity),
    progress: ({ read }) => orFailed(read(progress(failures()))),
    lostText: lostText(place),
    keepsPlace: Effect.succeed(Effect.void)
  }
}
