import type { TrackerFailed } from "../../domain/Failure.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import { errorLine, findIn, saysNoDatabase } from "./messages.ts"

/** Why bd cannot use the database, or must not change it, as both are now: each next call would fail the same way. */
export interface StoreFault {
  readonly reason: Extract<TrackerFailed["reason"], "no_database" | "migration" | "frozen" | "row_cap">
  /** What is wrong, and what follows. `bd` names the executable: `bd 1.3.0`. */
  readonly detail: (bd: string) => string
  /** What to do. */
  readonly next?: string
  /** The database is older than this bd, whose migration would end the fault. */
  readonly isOlder: boolean
}

const ROW_CAP = 2
const FROZEN = 14

const older = (versions: string): StoreFault => ({
  reason: "migration",
  detail: (bd) => `${bd} would migrate the store${versions}, and then every older bd refuses it. Nothing was changed`,
  next: "Upgrade bd on all clients, then run: bd migrate schema (or set beads.allowMigration: true)",
  isOlder: true
})

const fault = (reason: StoreFault["reason"], detail: StoreFault["detail"], next?: string): StoreFault => ({
  reason,
  detail,
  ...(next === undefined ? {} : { next }),
  isOlder: false
})

const migration = (output: ExecResult): StoreFault | undefined => {
  const behind =
    findIn(output, /database is at v(\d+), binary expects v(\d+)/) ??
    findIn(output, /refusing to auto-apply \d+ pending schema migrations?[^\n]{0,200}?\(v(\d+) -> v(\d+)\)/)
  if (behind !== undefined) return older(` from v${behind[1]} to v${behind[2]}`)
  // What a bd with leases says of a shared server's database that has none yet.
  if (findIn(output, /\btable not found: leases\b/) !== undefined) return older(", which has no table of leases yet")
  const ahead = findIn(output, /database is at v(\d+), binary knows up to v(\d+)/)
  if (ahead !== undefined) {
    return fault(
      "migration",
      (bd) => `${bd} knows stores up to v${ahead[2]}, and a newer bd has migrated this one to v${ahead[1]}`,
      "Upgrade bd"
    )
  }
  return findIn(output, /\bhistorical SQLite workspace\b/i) === undefined
    ? undefined
    : fault("migration", (bd) => `${bd} cannot use the store, which an older bd made: ${errorLine(output)}`)
}

const frozen = (output: ExecResult): StoreFault => {
  const marker = findIn(output, /freeze marker at (\S[^\n]*?)\.?$/m)?.[1] ?? "MIGRATION-FREEZE"
  return fault(
    "frozen",
    () => `${errorLine(output)} No claim is made or released until it is gone`,
    `When the migration is over, remove ${marker}`
  )
}

/**
 * The fault of the store that bd reports; `undefined` if the call succeeded or failed in another way.
 *
 * @example
 * storeFaultIn({ ...result, exitCode: 14, stderr: "⛔ ERROR: workspace is frozen for migration." })?.reason // "frozen"
 */
export const storeFaultIn = (result: ExecResult): StoreFault | undefined => {
  if (result.exitCode === 0) return undefined
  if (saysNoDatabase(result)) return fault("no_database", () => errorLine(result))
  if (result.exitCode === FROZEN) return frozen(result)
  if (result.exitCode === ROW_CAP && findIn(result, /\btoo many rows\b/i) !== undefined) {
    return fault("row_cap", () => errorLine(result), "Raise or remove that limit in bd's configuration")
  }
  return migration(result)
}
