import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Context, Effect, Layer } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Exec } from "../../exec/Exec.ts"
import { inodeAt } from "../../exec/inode.ts"
import { withKernelLock } from "../../exec/kernelLock.ts"
import { Journal } from "../Journal.ts"
import { JournalQueries } from "../JournalQueries.ts"
import { Outbox } from "../Outbox.ts"
import { journalFailures } from "../failures.ts"
import type { OtherTracker } from "../identity.ts"
import { outboxWritesAfter, requireInPlace, writesAfter } from "../inPlace.ts"
import { reportLost } from "../lost.ts"
import { makeRunLock } from "../runLock.ts"
import { makeWatchPlace } from "../watchPlace.ts"
import { ownStateDirectory } from "../stateDirectory.ts"
import { DATABASE, OPEN_LOCK, RUN_LOCK } from "../stateFiles.ts"
import { connect, prepare } from "./database.ts"
import { makeOutbox } from "./outbox.ts"
import { makeQueries } from "./queries.ts"
import {
  identified,
  outboxReadsOnly,
  readsOnly,
  servicesOf,
  type Services,
  type SqliteJournalOptions
} from "./reading.ts"
import { makeStatements } from "./statements.ts"
import { makeTransactions } from "./transactions.ts"

export { reading, viewing, type Services, type SqliteJournalOptions } from "./reading.ts"

const methodsOn = (file: string) =>
  Effect.zipWith(makeTransactions(connect(file)), Redact, (transactions, redact) => {
    const failures = journalFailures(file, redact)
    return {
      statements: makeStatements(transactions, failures, redact),
      queries: makeQueries(transactions, failures),
      outbox: makeOutbox(transactions, failures, redact)
    }
  })

/**
 * The journal, its queries and the outbox in an SQLite database (mode 0600) in the state directory (mode 0700). Building this layer makes or migrates
 * the database, and makes the identity of a new or copied directory. If it fails with `corrupt`, `newer` or `OtherTracker`,
 * it has changed nothing.
 */
export const layer = (
  options: SqliteJournalOptions
): Layer.Layer<Services, JournalFailed | OtherTracker, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
      const { directory } = options
      const file = path.join(directory, DATABASE)
      yield* ownStateDirectory(options)
      // SQLite itself would make a file that every user can read. It gives its -wal and -shm files the mode of this file.
      // A file that is there is not opened: to close it would cancel the locks of every connection of this process to it, and
      // another process could then take away the log under an open journal.
      const create = Effect.catchTag(
        fs.writeFileString(file, "", { flag: "wx", mode: 0o600 }),
        "SystemError",
        (error) => (error.reason === "AlreadyExists" ? Effect.void : Effect.fail(error))
      )
      yield* Effect.mapError(Effect.zipRight(create, fs.chmod(file, 0o600)), journalFailures(file).of)
      // Without the lock two processes that open a new database at once would both make its tables.
      const { identity, isLost } = yield* identified(options).pipe(
        Effect.zipWith(prepare(file), (found, { isEmpty }) => ({ ...found, isLost: isEmpty && found.recorded })),
        Effect.tap(({ changed, write }) => (changed ? write : Effect.void)),
        withKernelLock(path.join(directory, OPEN_LOCK)),
        Effect.catchTag("KernelLockFailed", (error) => Effect.fail(journalFailures(directory).of(error)))
      )
      const { outbox, queries, statements } = yield* methodsOn(file)
      if (isLost) yield* reportLost(file, statements.notice)
      const inode = yield* Effect.mapError(inodeAt(file), journalFailures(file).of)
      const { inPlace, lock } = yield* makeRunLock(path.join(directory, RUN_LOCK))
      const place = yield* makeWatchPlace(directory)
      const check = Effect.zipRight(inPlace, requireInPlace(file, inode ?? ""))
      const journal = Journal.of({
        version: Effect.succeed(`SQLite (${file})`),
        identity,
        lock,
        ...place,
        ...statements,
        ...writesAfter(check, statements)
      })
      return servicesOf(journal, queries, { ...outbox, ...outboxWritesAfter(check, outbox) })
    })
  )

/** Like `layer`, but the only method that writes is `Journal.shadow`: a shadow run leaves the records of runs alone. */
export const shadowing = (options: SqliteJournalOptions): ReturnType<typeof layer> =>
  Layer.map(layer(options), (services) => {
    const file = `${options.directory}/${DATABASE}`
    const journal = Context.get(services, Journal)
    return servicesOf(
      Journal.of({ ...readsOnly(file, journal), shadow: journal.shadow }),
      Context.get(services, JournalQueries),
      outboxReadsOnly(file, Context.get(services, Outbox))
    )
  })
