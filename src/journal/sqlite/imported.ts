import type { Layer } from "effect"
import { importedLayer } from "../../importedLayer.ts"
import type { JournalOptions } from "../sql/services.ts"
import type * as SqliteJournal from "./SqliteJournal.ts"

export type { JournalOptions as SqliteJournalOptions, Services } from "../sql/services.ts"

type Options = JournalOptions

/** Imports SQLite when the layer is built: that takes longer than most commands run, and many programs need no journal. */
const importing = <A, E, R>(make: (journals: typeof SqliteJournal) => Layer.Layer<A, E, R>) =>
  importedLayer(() => import("./SqliteJournal.ts"), make)

/**
 * The journal, its queries and the outbox in an SQLite database (mode 0600) in the state directory (mode 0700). Building this layer
 * makes or migrates the database, and makes the identity of a new or copied directory. If it fails with `corrupt`, `newer` or
 * `OtherTracker`, it has changed nothing.
 *
 * @example
 * program.pipe(Effect.provide(SqliteJournal.layer({ directory: "/var/lib/nightly-dispatch/shop" })))
 */
export const layer = (options: Options) => importing((journals) => journals.layer(options))

/**
 * Like `layer`, but the only method that writes is `Journal.shadow`: a shadow run leaves the records of runs alone.
 *
 * @example
 * program.pipe(Effect.provide(SqliteJournal.shadowing({ directory: "/var/lib/nightly-dispatch/shop" })))
 */
export const shadowing = (options: Options) => importing((journals) => journals.shadowing(options))

/**
 * For reading only: makes and changes nothing, takes no lock. The methods that write fail with `unusable`.
 *
 * @example
 * program.pipe(Effect.provide(SqliteJournal.reading({ directory: "/var/lib/nightly-dispatch/shop" })))
 */
export const reading = (options: Options) => importing((journals) => journals.reading(options))

/**
 * Like `reading`, for programs that show the journal. The layer never fails: if the journal cannot be read, each method fails with
 * `JournalFailed`. A damaged part makes only those methods fail that read it.
 *
 * @example
 * program.pipe(Effect.provide(SqliteJournal.viewing({ directory: "/var/lib/nightly-dispatch/shop" })))
 */
export const viewing = (options: Options) => importing((journals) => journals.viewing(options))
