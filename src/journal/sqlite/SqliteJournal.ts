import * as inUse from "../sql/writing.ts"
import * as shown from "../sql/reading.ts"
import type { JournalOptions } from "../sql/services.ts"
import { sqliteIn } from "./database.ts"

/**
 * The journal, its queries and the outbox in an SQLite database (mode 0600) in the state directory (mode 0700). Building this layer
 * makes or migrates the database, and makes the identity of a new or copied directory. If it fails with `corrupt`, `newer` or
 * `OtherTracker`, it has changed nothing.
 */
export const layer = (options: JournalOptions) => inUse.layer(sqliteIn(options.directory), options)

/** Like `layer`, but the only method that writes is `Journal.shadow`: a shadow run leaves the records of runs alone. */
export const shadowing = (options: JournalOptions) => inUse.shadowing(sqliteIn(options.directory), options)

/** For reading only: makes and changes nothing, takes no lock. The methods that write fail with `unusable`. */
export const reading = (options: JournalOptions) => shown.reading(sqliteIn(options.directory), options)

/**
 * Like `reading`, for the commands that show the journal. The layer never fails: if the journal cannot be
 * read, each method fails with `JournalFailed`. A damaged part makes only those methods fail that read it.
 */
export const viewing = (options: JournalOptions) => shown.viewing(sqliteIn(options.directory), options)
