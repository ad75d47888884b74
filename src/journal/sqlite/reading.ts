import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Context, Effect, Layer, type Scope } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Exec } from "../../exec/Exec.ts"
import { journalFailures } from "../failures.ts"
import { identityOf, machineHere, unrecorded, type OtherTracker } from "../identity.ts"
import { Journal } from "../Journal.ts"
import { JournalQueries } from "../JournalQueries.ts"
import { Outbox } from "../Outbox.ts"
import { lostText } from "../lost.ts"
import { readableStateDirectory, type StateDirectory } from "../stateDirectory.ts"
import { DATABASE } from "../stateFiles.ts"
import { makeWatchPlace } from "../watchPlace.ts"
import { connect, progressOf } from "./database.ts"
import { makeOutbox } from "./outbox.ts"
import { makeQueries } from "./queries.ts"
import {
  emptyJournal,
  emptyOutbox,
  emptyQueries,
  failingJournal,
  failingOutbox,
  failingQueries,
  refusedWrites
} from "./standIns.ts"
import { makeStatements } from "./statements.ts"
import { makeTransactions } from "./transactions.ts"

/** Where the journal is, and whose it is. */
export interface SqliteJournalOptions extends StateDirectory {
  /** The real path of the tracker's directory, which the state directory serves; `undefined`: whichever it serves. */
  readonly tracker?: string | undefined
}

/** Who the dispatcher of this directory is, and its machine by the process table's account. */
export const identified = Effect.fn("journal.identify")(function* ({ directory, tracker }: SqliteJournalOptions) {
  return yield* identityOf({ directory, tracker, machine: yield* machineHere })
})

/** Looks for a state directory and a database in it, and changes nothing. */
const look = Effect.fn("journal.look")(function* (options: SqliteJournalOptions) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const file = path.join(options.directory, DATABASE)
  if (!(yield* readableStateDirectory(options))) {
    return { file, identity: yield* unrecorded(options.tracker), recorded: false, exists: false }
  }
  const { identity, recorded } = yield* identified(options)
  return { file, identity, recorded, exists: yield* Effect.mapError(fs.exists(file), journalFailures(file).of) }
})

type Needs = Exec | FileSystem.FileSystem | Path.Path | Scope.Scope

/** What a state directory's database holds. */
export type Services = Journal | JournalQueries | Outbox

/** The services of a database. */
export const servicesOf = (
  journal: Journal["Type"],
  queries: JournalQueries["Type"],
  outbox: Outbox["Type"]
): Context.Context<Services> =>
  Context.make(Journal, journal).pipe(Context.add(JournalQueries, queries), Context.add(Outbox, outbox))

/** The journal, of which the methods that write fail. */
export const readsOnly = (file: string, journal: Journal["Type"]): Journal["Type"] => {
  const writes = refusedWrites(file)
  const { find, identity, known, notices, of, open, paused, prunable, prune, pruned, report, retries, since } = journal
  const { unreported, version, watcher } = journal
  return Journal.of({
    ...writes,
    find,
    identity,
    known,
    notices,
    of,
    open,
    paused,
    prunable,
    pruned,
    report,
    retries,
    since,
    unreported,
    version,
    watcher,
    prune: (cut) => (cut.dryRun ? prune(cut) : writes.prune())
  })
}

/** The same of the outbox. */
export const outboxReadsOnly = (file: string, { open, waiting }: Outbox["Type"]): Outbox["Type"] =>
  Outbox.of({ ...emptyOutbox(file), open, waiting })

/**
 * The journal, the queries and the outbox, for reading only. Fails if the journal is of another version: what an earlier version wrote is not
 * absent. `wholly`: reads each page of the database first, which takes seconds if it is large.
 */
const opened = (
  options: SqliteJournalOptions,
  wholly: boolean
): Effect.Effect<Context.Context<Services>, JournalFailed | OtherTracker, Needs> =>
  Effect.gen(function* () {
    const { exists, file, identity, recorded } = yield* look(options)
    const redact = yield* Redact
    const failures = journalFailures(file, redact)
    const none = emptyJournal(file, identity)
    const withoutRows = (recorded ? Effect.logWarning(lostText(file)) : Effect.void).pipe(
      Effect.as(servicesOf(none, emptyQueries, emptyOutbox(file)))
    )
    if (!exists) return yield* withoutRows
    const transactions = yield* makeTransactions(connect(file))
    const progress = yield* transactions.read(progressOf(file, wholly))
    if (progress.isEmpty) return yield* withoutRows
    if (!progress.isCurrent) return yield* failures.earlier(progress.last)
    const { watcher } = yield* makeWatchPlace(options.directory)
    const version = Effect.succeed(`SQLite (${file})`)
    const statements = makeStatements(transactions, failures, redact)
    const journal = readsOnly(file, { ...none, ...statements, watcher, version })
    const outbox = outboxReadsOnly(file, makeOutbox(transactions, failures, redact))
    return servicesOf(journal, makeQueries(transactions, failures), outbox)
  })

/** For reading only: makes and changes nothing, takes no lock. The methods that write fail with `unusable`. */
export const reading = (
  options: SqliteJournalOptions
): Layer.Layer<Services, JournalFailed | OtherTracker, Exclude<Needs, Scope.Scope>> =>
  Layer.scopedContext(opened(options, true))

/**
 * Like `reading`, for the commands that show the journal. The layer never fails: if the journal cannot be
 * read, each method fails with `JournalFailed`. A damaged part makes only those methods fail that read it.
 */
export const viewing = (options: SqliteJournalOptions): Layer.Layer<Services, never, Exclude<Needs, Scope.Scope>> =>
  opened(options, false).pipe(
    Effect.catchAll((error) =>
      Effect.map(unrecorded(options.tracker), (identity) => {
        const { directory: file } = options
        const failure =
          error._tag === "JournalFailed"
            ? error
            : new JournalFailed({ file, reason: "unusable", detail: error.message })
        return servicesOf(failingJournal(failure, identity), failingQueries(failure), failingOutbox(failure))
      })
    ),
    Layer.scopedContext
  )
