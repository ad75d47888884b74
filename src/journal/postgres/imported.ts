import type { Redacted } from "effect"
import { importedLayer } from "../../importedLayer.ts"
import type { JournalOptions } from "../sql/services.ts"

/** Where the records are, besides what the state directory holds. */
export interface PostgresJournalOptions extends JournalOptions {
  /** `postgres://user:password@host/database`. A secret: it is in no message. */
  readonly address: Redacted.Redacted
}

/** Imports the client of Postgres when the layer is built: a program with SQLite never loads it. */
const database = (address: Redacted.Redacted) =>
  Promise.all([import("./database.ts"), import("../sql/writing.ts"), import("../sql/reading.ts")]).then(
    ([{ postgresAt }, inUse, shown]) => ({ database: postgresAt(address), inUse, shown })
  )

/**
 * The journal, its queries and the outbox in a Postgres database, for the dispatcher of this state directory (mode 0700), which
 * keeps locks and identity. Building this layer makes or migrates the tables, and makes the identity of a new or copied
 * directory. It fails with `JournalFailed` if the database cannot be reached.
 *
 * @example
 * const address = Redacted.make("postgres://nightly@db.example/nightly?sslmode=verify-full")
 * program.pipe(Effect.provide(PostgresJournal.layer({ directory: "/var/lib/nightly-dispatch/shop", address })))
 */
export const layer = ({ address, ...options }: PostgresJournalOptions) =>
  importedLayer(
    () => database(address),
    ({ database, inUse }) => inUse.layer(database, options)
  )

/**
 * Like `layer`, but the only method that writes is `Journal.shadow`: a shadow run leaves the records of runs alone.
 *
 * @example
 * const address = Redacted.make("postgres://nightly@db.example/nightly")
 * program.pipe(Effect.provide(PostgresJournal.shadowing({ directory: "/var/lib/nightly-dispatch/shop", address })))
 */
export const shadowing = ({ address, ...options }: PostgresJournalOptions) =>
  importedLayer(
    () => database(address),
    ({ database, inUse }) => inUse.shadowing(database, options)
  )

/**
 * For reading only: makes and changes nothing, takes no lock. The methods that write fail with `unusable`.
 *
 * @example
 * const address = Redacted.make("postgres://nightly@db.example/nightly")
 * program.pipe(Effect.provide(PostgresJournal.reading({ directory: "/var/lib/nightly-dispatch/shop", address })))
 */
export const reading = ({ address, ...options }: PostgresJournalOptions) =>
  importedLayer(
    () => database(address),
    ({ database, shown }) => shown.reading(database, options)
  )

/**
 * Like `reading`, for programs that show the journal. The layer never fails: if the journal cannot be read, each method fails with
 * `JournalFailed`.
 *
 * @example
 * const address = Redacted.make("postgres://nightly@db.example/nightly")
 * program.pipe(Effect.provide(PostgresJournal.viewing({ directory: "/var/lib/nightly-dispatch/shop", address })))
 */
export const viewing = ({ address, ...options }: PostgresJournalOptions) =>
  importedLayer(
    () => database(address),
    ({ database, shown }) => shown.viewing(database, options)
  )
