import { Schema } from "effect"
import { Host } from "./Host.ts"
import { Mark } from "./Identity.ts"

/**
 * What `hosts --json` prints.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(HostsReport))(json) // what `hosts --json` printed
 */
export const HostsReport = Schema.Struct({
  /** The database, without user and password; in SQLite, which is one host's alone, the file. */
  journal: Schema.String,
  /** Whether hosts can share the journal. */
  isShared: Schema.Boolean,
  /** Which of the hosts answered; `null` if it has not used the journal yet, or is alone. */
  here: Schema.NullOr(Mark),
  /** By name. Empty if the journal is one host's alone. */
  hosts: Schema.Array(Host)
})
export type HostsReport = typeof HostsReport.Type

/**
 * What `hosts evict --json` and `hosts admit --json` print.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(HostChange))(json) // what `hosts evict NAME --json` printed
 */
export const HostChange = Schema.Struct({
  /** `would_evict`: a dry run. `unchanged`: it was evicted already, or was not evicted. */
  result: Schema.Literal("evicted", "would_evict", "admitted", "unchanged"),
  /** The host as it is now. */
  host: Host
})
export type HostChange = typeof HostChange.Type
