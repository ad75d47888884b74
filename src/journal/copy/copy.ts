import { Effect, type Redacted } from "effect"
import { createHash } from "node:crypto"
import { JournalFailed } from "../../domain/Failure.ts"
import type { Identity } from "../../domain/Identity.ts"
import type { JournalCopy } from "../../domain/JournalCopy.ts"
import { codeOf } from "../../exec/causes.ts"
import type { JournalFailures } from "../failures.ts"
import { postgresAt } from "../postgres/database.ts"
import type { Database } from "../sql/Database.ts"
import { identified } from "../sql/reading.ts"
import type { JournalOptions } from "../sql/services.ts"
import type { Transactions } from "../sql/transactions.ts"
import { sqliteIn } from "../sqlite/database.ts"
import { readableStateDirectory } from "../stateDirectory.ts"
import { counted, makeSource, type Source } from "./source.ts"
import { TABLES, type Column } from "./tables.ts"
import { changedSince, columnsOf, countOn, held, insert, markCopy, NOTHING, requireFree, type Copy } from "./target.ts"
import { undisturbed } from "./undisturbed.ts"

/** Which journal is copied, and where. */
export interface CopyOptions extends JournalOptions {
  readonly address: Redacted.Redacted
  /** Counts only, and changes nothing. */
  readonly dryRun: boolean
}

/** What came of it, without what to do next. */
export type Copied = Omit<JournalCopy, "next">

type Columns = (table: string) => ReadonlyArray<Column>

/** What Postgres says of a record that is no JSON, and of a row whose attempt, run or message is missing. */
const DAMAGED: ReadonlySet<string> = new Set(["22P02", "23503"])

/** Fails if there is no journal in SQLite that this version has written. */
const requireSource = Effect.fnUntraced(function* (source: Database, on: Transactions) {
  const { isCurrent, isEmpty, last } = yield* source.progress(on, true)
  if (isEmpty) return yield* nothingIn(source)
  if (isCurrent) return
  return yield* new JournalFailed({
    file: source.place,
    reason: "unusable",
    detail: `an earlier version made it (schema ${last}), so nothing is copied`,
    next: "Bring it up to date: nightly-dispatch settle, without the setting journal. Then copy again"
  })
})

const nothingIn = ({ place }: Database) =>
  new JournalFailed({
    file: place,
    reason: "unusable",
    detail: "there is no journal in SQLite, so there is nothing to copy",
    next: "The next run makes the tables in the database by itself"
  })

/** Reads every record, one part after another. Gives the digest of all of them. */
const eachPart = Effect.fnUntraced(function* <E, R>(
  source: Source,
  columnsOf: Columns,
  use: (table: string, rows: ReadonlyArray<string>) => Effect.Effect<unknown, E, R>
) {
  const digest = createHash("sha256")
  for (const table of TABLES) {
    digest.update(`${table}\n`)
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const part = yield* source.partAfter(table, columnsOf(table), after)
      if (part === undefined) break
      for (const row of part.rows) digest.update(`${row}\n`)
      yield* use(table, part.rows)
      after = part.last
    }
  }
  return digest.digest("hex")
})

/** Copies all records, within a transaction of the database. `damaged`: the failure of a journal with such a record. */
const copyAll = Effect.fnUntraced(function* (
  source: Source,
  identity: Identity,
  place: string,
  damaged: JournalFailures["corrupt"]
) {
  yield* requireFree(place, identity, yield* held)
  const columns = yield* columnsOf
  const digest = yield* eachPart(source, columns, (table, rows) =>
    Effect.mapError(insert(table, columns(table), rows), (error) =>
      DAMAGED.has(codeOf(error.cause)) ? damaged(`a record of ${table}: ${String(error.cause)}`) : error
    )
  )
  // The other marks are copied by now.
  for (const table of TABLES) yield* countOn(table, columns(table))
  yield* markCopy(identity, digest)
})

/** Fails if the journal in SQLite is not as it was when it was copied. */
const requireSame = Effect.fnUntraced(function* (source: Source, place: string, copy: Copy) {
  const digest = yield* eachPart(source, yield* columnsOf, () => Effect.void)
  if (digest !== copy.digest) return yield* changedSince(place, copy.at)
})

/** What the database holds now; fails if it is not for a copy of this state directory. */
const look = (target: Database, on: Transactions, identity: Identity) =>
  Effect.gen(function* () {
    const { isEmpty } = yield* target.progress(on, false)
    const found = isEmpty ? NOTHING : yield* Effect.mapError(on.read(held), target.failures().of)
    yield* requireFree(target.place, identity, found)
    return found
  })

const copying = Effect.fnUntraced(function* ({ address, dryRun, ...options }: CopyOptions) {
  const [from, to] = [sqliteIn(options.directory), postgresAt(address)]
  const [source, target] = [yield* from.connect, yield* to.connect]
  yield* requireSource(from, source)
  const { changed, identity, write } = yield* identified(options)
  const found = yield* look(to, target, identity)
  const within = dryRun ? source.read : source.write
  const ends = { from: from.place, to: to.place }
  if (changed && !dryRun) yield* write
  if (found.copy === undefined && !dryRun) yield* to.prepare
  // What somebody else writes to SQLite meanwhile would be lost: its transaction keeps every other one out.
  return yield* Effect.gen(function* () {
    const rows = yield* makeSource(from.failures())
    const copied = (result: Copied["result"]) => Effect.map(counted(rows), (records) => ({ result, ...ends, records }))
    if (found.copy !== undefined) {
      yield* Effect.mapError(target.read(requireSame(rows, to.place, found.copy)), to.failures().of)
      return yield* copied("already")
    }
    if (dryRun) return yield* copied("counted")
    const work = copyAll(rows, identity, to.place, from.failures().corrupt)
    // An interruption ends it at once, and the database rolls the transaction back.
    yield* Effect.mapError(target.write(Effect.interruptible(work)), to.failures().of)
    return yield* copied("copied")
  }).pipe(Effect.interruptible, within, Effect.mapError(from.failures().of))
}, Effect.scoped)

/**
 * Copies the journal of a state directory from SQLite to the database at this address, all of it or nothing. Fails with
 * `JournalFailed` if one of the two is not fit for it, and with `Disturbed` if a run or a watcher is at work.
 */
export const copyJournal = Effect.fn("journal.copy")(function* (options: CopyOptions) {
  const source = sqliteIn(options.directory)
  const isThere = (yield* readableStateDirectory(options)) && (yield* source.exists)
  if (!isThere) return yield* nothingIn(source)
  const copy = copying(options)
  return yield* options.dryRun ? copy : undisturbed(options.directory, copy)
})
