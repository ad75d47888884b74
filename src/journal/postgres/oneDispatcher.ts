import { Clock, Effect } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { isOwn, Mark, type Identity } from "../../domain/Identity.ts"
import type { JournalFailures } from "../failures.ts"
import { sql, type Transactions } from "../sql/transactions.ts"

const PREFIX = "dispatcher "

/** The marks of the state directories that the database serves. */
export const dispatchers = Effect.map(
  sql<{ name: string }>`SELECT name FROM marks WHERE name LIKE ${`${PREFIX}%`}`,
  (rows) => rows.map(({ name }) => Mark.make(name.slice(PREFIX.length)))
)

/** Writes down that the database serves this state directory from now on. */
export const serve = (mark: Mark) =>
  Effect.flatMap(Clock.currentTimeMillis, (at) => sql`INSERT INTO marks (name, at) VALUES (${PREFIX + mark}, ${at})`)

/** A database serves one state directory. `whose`: what is known of the other one. */
export const servesOther = (place: string, whose: string): JournalFailed =>
  new JournalFailed({
    file: place,
    reason: "unusable",
    detail: `it holds the records of another state directory${whose}, and a database serves one only`,
    next: "Name another database in the setting journal; if that directory was moved here: nightly-dispatch state adopt"
  })

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
    const marks = yield* dispatchers
    if (marks.some((mark) => isOwn(identity, mark))) return
    if (marks.length > 0) return yield* servesOther(place, "")
    yield* serve(identity.mark)
  }).pipe(write, Effect.mapError(failures.of))
