import { SqlClient } from "@effect/sql/SqlClient"
import { Data, Effect, type Redacted } from "effect"
import type { Identity } from "../../domain/Identity.ts"
import { migrations } from "../sql/migrations.ts"
import type { Progress } from "../sql/progress.ts"
import { sql, type Transactions } from "../sql/transactions.ts"
import { isOnThisHost } from "./address.ts"
import { postgresAt } from "./database.ts"
import { postgresFailures } from "./failures.ts"
import { projectOf, requireOneTracker } from "./oneTracker.ts"

/** What is known of a database that a run can use. */
export interface AddressFacts {
  /** Its address, without a secret. */
  readonly place: string
  readonly isEncrypted: boolean
  /** Whether it is reached without a network. */
  readonly isOnThisHost: boolean
  readonly progress: Progress
  /** The number of migrations that this version knows. */
  readonly known: number
}

/** Ends a transaction that was only a trial. */
class RolledBack extends Data.TaggedError("RolledBack") {}

/** Writes what a run would write first, a row or the tables, and rolls it back. */
const trial = ({ isCurrent }: Progress, { read, write }: Transactions) => {
  const row = sql`INSERT INTO marks (name, at) VALUES ('doctor', 0) ON CONFLICT (name) DO NOTHING`
  const tables = sql`CREATE TABLE nightly_dispatch_doctor (trial INTEGER)`
  const rolledBack = new RolledBack()
  return (
    isCurrent
      ? write(Effect.zipRight(row, rolledBack))
      : read(Effect.flatMap(SqlClient, (client) => client.withTransaction(Effect.zipRight(tables, rolledBack))))
  ).pipe(Effect.catchTag("RolledBack", () => Effect.void))
}

/**
 * Logs in to the database at this address, and tries to write there; nothing stays of it. Fails with `JournalFailed` if a run of this
 * dispatcher could not use it.
 */
export const checkAddress = Effect.fn("journal.checkAddress")(function* (
  address: Redacted.Redacted,
  identity: Identity
) {
  const { connect, failures, place, progress } = postgresAt(address)
  const orFailed = Effect.mapError(failures().of)
  const project = yield* projectOf(identity)
  const on = yield* connect
  const [session] = yield* orFailed(
    on.read(sql<{ ssl: string }>`SELECT CAST(ssl AS TEXT) AS ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`)
  )
  const found = yield* progress(on, false)
  if (found.isCurrent) yield* orFailed(on.read(requireOneTracker(identity.mark, project, postgresFailures(place))))
  yield* orFailed(trial(found, on))
  return {
    place,
    isEncrypted: session?.ssl === "true",
    isOnThisHost: isOnThisHost(address),
    progress: found,
    known: migrations.length
  } satisfies AddressFacts
}, Effect.scoped)
