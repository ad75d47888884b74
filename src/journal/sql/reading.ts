import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer, type Context, type Scope } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Exec } from "../../exec/Exec.ts"
import { identityOf, machineHere, unrecorded, type OtherTracker } from "../identity.ts"
import { emptyJournal, emptyOutbox, emptyQueries, failingJournal, failingOutbox, failingQueries } from "../standIns.ts"
import { readableStateDirectory } from "../stateDirectory.ts"
import { makeWatchPlace } from "../watchPlace.ts"
import type { Database } from "./Database.ts"
import { NO_FENCE } from "./Fence.ts"
import { methodsOn } from "./methods.ts"
import {
  fleetReadsOnly,
  outboxReadsOnly,
  readsOnly,
  servicesOf,
  type JournalOptions,
  type Services
} from "./services.ts"

/** Who the dispatcher of this directory is, and its machine by the process table's account. */
export const identified = Effect.fn("journal.identify")(function* ({ directory, tracker }: JournalOptions) {
  return yield* identityOf({ directory, tracker, machine: yield* machineHere })
})

/** Looks for a state directory and a record in it, and changes nothing. */
const look = Effect.fn("journal.look")(function* (options: JournalOptions) {
  if (yield* readableStateDirectory(options)) return yield* identified(options)
  return { identity: yield* unrecorded(options.tracker), recorded: false }
})

type Needs = Exec | FileSystem.FileSystem | Path.Path | Scope.Scope

/**
 * The journal, the queries and the outbox, for reading only. Fails if the journal is of another version: what an earlier version wrote is not
 * absent. `wholly`: reads each page of the database first, which takes seconds if it is large.
 */
const opened = (
  database: Database,
  options: JournalOptions,
  wholly: boolean
): Effect.Effect<Context.Context<Services>, JournalFailed | OtherTracker, Needs> =>
  Effect.gen(function* () {
    const { identity, recorded } = yield* look(options)
    const { place } = database
    const failures = database.failures(yield* Redact)
    const none = emptyJournal(place, identity)
    const withoutRows = (recorded ? Effect.logWarning(database.lostText) : Effect.void).pipe(
      Effect.as(servicesOf(none, emptyQueries, emptyOutbox(place)))
    )
    if (!(yield* database.exists)) return yield* withoutRows
    const transactions = yield* database.connect
    const progress = yield* database.progress(transactions, wholly)
    if (progress.isEmpty) return yield* withoutRows
    if (!progress.isCurrent) return yield* failures.earlier(progress.last)
    const { watcher } = yield* makeWatchPlace(options.directory)
    const { outbox, queries, statements } = yield* methodsOn(database, transactions, { fence: NO_FENCE, identity })
    const version = Effect.succeed(database.version)
    const journal = readsOnly(place, { ...none, ...statements, watcher, version })
    const fleet = database.fleet(transactions, identity)
    return servicesOf(journal, queries, outboxReadsOnly(place, outbox), fleet && fleetReadsOnly(place, fleet))
  })

/** For reading only: makes and changes nothing, takes no lock. The methods that write fail with `unusable`. */
export const reading = (
  database: Database,
  options: JournalOptions
): Layer.Layer<Services, JournalFailed | OtherTracker, Exclude<Needs, Scope.Scope>> =>
  Layer.scopedContext(opened(database, options, true))

/**
 * Like `reading`, for the commands that show the journal. The layer never fails: if the journal cannot be
 * read, each method fails with `JournalFailed`. A damaged part makes only those methods fail that read it.
 */
export const viewing = (
  database: Database,
  options: JournalOptions
): Layer.Layer<Services, never, Exclude<Needs, Scope.Scope>> =>
  opened(database, options, false).pipe(
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
