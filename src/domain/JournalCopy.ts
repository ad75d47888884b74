import { Schema } from "effect"

/**
 * What `journal copy --json` prints.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(JournalCopy))(json) // what `journal copy --json` printed
 */
export const JournalCopy = Schema.Struct({
  /** `copied`: all is in the database now. `counted`: a dry run. `already`: the database had this copy before, unchanged. */
  result: Schema.Literal("copied", "counted", "already"),
  /** The file of the journal in SQLite. It stays as it is. */
  from: Schema.String,
  /** The address of the database, without user and password. */
  to: Schema.String,
  /** How many records there are of each kind: `{ "runs": 12, "attempts": 31, … }`. */
  records: Schema.Record({ key: Schema.String, value: Schema.Int }),
  /** What to do next, a sentence each. */
  next: Schema.Array(Schema.String)
})
export type JournalCopy = typeof JournalCopy.Type
