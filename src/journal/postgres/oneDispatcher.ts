import { Clock, Effect } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { isOwn, Mark, type Identity } from "../../domain/Identity.ts"
import type { JournalFailures } from "../failures.ts"
import { sql, type Transactions } from "../sql/transactions.ts"

const PREFIX = "dispatcher "

/**
 * Fails if the database holds the records of another state directory: its open attempts would be settled here as lost, while their
 * jobs run there. The first state directory that uses a database is the one that it serves.
 */
export const requireOneDispatcher = (
  { write }: Transactions,
  failures: JournalFailures,
  { identity, place }: { readonly identity: Identity; readonly place: string }
): Effect.Effect<void, JournalFailed> =>
  Effect.gen(function* () {
    const rows = yield* sql<{ name: string }>`SELECT name FROM marks WHERE name LIKE ${`${PREFIX}%`}`
    if (rows.some(({ name }) => isOwn(identity, Mark.make(name.slice(PREFIX.length))))) return
    if (rows.length > 0) {
      return yield* new JournalFailed({
        file: place,
        reason: "unusable",
        detail: "it holds the records of another state directory, and a database serves one only",
        next: "Name another database in the setting journal; if that directory was moved here: nightly-dispatch state adopt"
      })
    }
    yield* sql`INSERT INTO marks (name, at) VALUES (${PREFIX + identity.mark}, ${yield* Clock.currentTimeMillis})`
  }).pipe(write, Effect.mapError(failures.of))
