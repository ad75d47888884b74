import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Context, Effect, Layer } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Exec } from "../../exec/Exec.ts"
import { withKernelLock } from "../../exec/kernelLock.ts"
import { Journal } from "../Journal.ts"
import { JournalQueries } from "../JournalQueries.ts"
import { Outbox } from "../Outbox.ts"
import { journalFailures } from "../failures.ts"
import type { OtherTracker } from "../identity.ts"
import { outboxWritesAfter, writesAfter } from "../inPlace.ts"
import { reportLost } from "../lost.ts"
import { makeRunLock } from "../runLock.ts"
import { ownStateDirectory } from "../stateDirectory.ts"
import { OPEN_LOCK, RUN_LOCK } from "../stateFiles.ts"
import { makeWatchPlace } from "../watchPlace.ts"
import type { Database } from "./Database.ts"
import { methodsOn } from "./methods.ts"
import { identified } from "./reading.ts"
import { outboxReadsOnly, readsOnly, servicesOf, type JournalOptions, type Services } from "./services.ts"

/**
 * The journal, its queries and the outbox in this database, for the dispatcher of this state directory (mode 0700). Building this
 * layer makes or migrates the database, and makes the identity of a new or copied directory. If it fails with `corrupt`, `newer`
 * or `OtherTracker`, it has changed nothing.
 */
export const layer = (
  database: Database,
  options: JournalOptions
): Layer.Layer<Services, JournalFailed | OtherTracker, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const path = yield* Path.Path
      const { directory } = options
      yield* ownStateDirectory(options)
      yield* database.make
      // Without the lock two processes that open a new database at once would both make its tables.
      const { identity, isLost } = yield* identified(options).pipe(
        Effect.zipWith(database.prepare, (found, { isEmpty }) => ({ ...found, isLost: isEmpty && found.recorded })),
        Effect.tap(({ changed, write }) => (changed ? write : Effect.void)),
        withKernelLock(path.join(directory, OPEN_LOCK)),
        Effect.catchTag("KernelLockFailed", (error) => Effect.fail(journalFailures(directory).of(error)))
      )
      const transactions = yield* database.connect
      const { fence, fleet } = yield* database.enrol(transactions, identity, options.host)
      const { outbox, queries, statements } = yield* methodsOn(database, transactions, { fence, identity })
      if (isLost) yield* reportLost(database.lostText, statements.notice)
      const keepsPlace = yield* database.keepsPlace
      const { inPlace, lock } = yield* makeRunLock(path.join(directory, RUN_LOCK))
      const place = yield* makeWatchPlace(directory)
      const check = Effect.zipRight(inPlace, keepsPlace)
      const journal = Journal.of({
        version: Effect.succeed(database.version),
        identity,
        lock,
        ...place,
        ...statements,
        ...writesAfter(check, statements)
      })
      return servicesOf(journal, queries, { ...outbox, ...outboxWritesAfter(check, outbox) }, fleet)
    })
  )

/** Like `layer`, but the only method that writes is `Journal.shadow`: a shadow run leaves the records of runs alone. */
export const shadowing = (database: Database, options: JournalOptions): ReturnType<typeof layer> =>
  Layer.map(layer(database, options), (services) => {
    const { place } = database
    const journal = Context.get(services, Journal)
    return servicesOf(
      Journal.of({ ...readsOnly(place, journal), shadow: journal.shadow }),
      Context.get(services, JournalQueries),
      outboxReadsOnly(place, Context.get(services, Outbox))
    )
  })
