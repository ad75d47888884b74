import * as FileSystem from "@effect/platform/FileSystem"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import { SqlClient } from "@effect/sql/SqlClient"
import { createClient } from "@libsql/client"
import { Cause, Effect } from "effect"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import { inodeAt } from "../../exec/inode.ts"
import { journalFailures, type JournalFailures } from "../failures.ts"
import { requireInPlace } from "../inPlace.ts"
import { lostText } from "../lost.ts"
import type { Database } from "../sql/Database.ts"
import { NO_FENCE } from "../sql/Fence.ts"
import { migrate, progress, type Progress } from "../sql/progress.ts"
import { DATABASE } from "../stateFiles.ts"
import { makeTransactions } from "./transactions.ts"

/** Milliseconds that SQLite waits for another process's lock. The whole process is blocked meanwhile. */
const BUSY_TIMEOUT = 2000

/** Provides the connection, and turns every failure and defect of SQLite into `JournalFailed`. */
const onConnection = <A, E>(file: string, sql: SqlClient, effect: Effect.Effect<A, E, SqlClient>) =>
  effect.pipe(
    Effect.provideService(SqlClient, sql),
    Effect.catchAllCause((cause) => Effect.fail(journalFailures(file).of(Cause.squash(cause))))
  )

/** One connection to the database, for the scope. */
export const connect = (file: string) =>
  Effect.gen(function* () {
    const liveClient = yield* Effect.acquireRelease(
      Effect.try({
        try: () => createClient({ url: pathToFileURL(file).href }),
        catch: journalFailures(file).of
      }),
      (client) => Effect.sync(() => client.close())
    )
    const sql = yield* LibsqlClient.make({ liveClient }).pipe(Effect.provide(Reactivity.layer))
    yield* onConnection(file, sql, sql`PRAGMA busy_timeout = ${sql.literal(String(BUSY_TIMEOUT))}`)
    return sql
  })

/** Fails if the database is damaged. Reads each page. */
const requireSound = Effect.fn("journal.sound")(function* (failures: JournalFailures) {
  const sql = yield* SqlClient
  const [result] = yield* sql<{ quick_check: string }>`PRAGMA quick_check(1)`
  const answer = result?.quick_check ?? "quick_check returned nothing"
  if (answer !== "ok") return yield* failures.corrupt(answer)
})

/** How far the database is. Fails if it is of a later version, and if it is damaged: `wholly`, in any page. Changes nothing. */
export const progressOf = (file: string, wholly: boolean): Effect.Effect<Progress, JournalFailed, SqlClient> => {
  const failures = journalFailures(file)
  const check = wholly ? Effect.zipRight(requireSound(failures), progress(failures)) : progress(failures)
  return Effect.flatMap(SqlClient, (sql) => onConnection(file, sql, check))
}

/**
 * Checks and migrates the database, on a connection of its own: a connection cannot be used after a migration. Returns how far
 * it was before.
 */
export const prepare = (file: string) =>
  Effect.bindTo(connect(file), "sql").pipe(
    Effect.bind("progress", ({ sql }) => Effect.provideService(progressOf(file, true), SqlClient, sql)),
    Effect.tap(({ progress, sql }) =>
      progress.isCurrent
        ? Effect.void
        : onConnection(file, sql, Effect.zipRight(sql`PRAGMA journal_mode = WAL`, migrate))
    ),
    Effect.map(({ progress }) => progress),
    Effect.scoped
  )

/**
 * SQLite itself would make a file that every user can read. It gives its -wal and -shm files the mode of this file. A file that
 * is there is not opened: to close it would cancel the locks of every connection of this process to it, and another process could
 * then take away the log under an open journal.
 */
const makeFile = Effect.fn("journal.file")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const create = Effect.catchTag(fs.writeFileString(file, "", { flag: "wx", mode: 0o600 }), "SystemError", (error) =>
    error.reason === "AlreadyExists" ? Effect.void : Effect.fail(error)
  )
  yield* Effect.mapError(Effect.zipRight(create, fs.chmod(file, 0o600)), journalFailures(file).of)
})

/** The database of a state directory. */
export const sqliteIn = (directory: string): Database => {
  const file = path.join(directory, DATABASE)
  const failures = (redact?: Redactor) => journalFailures(file, redact)
  return {
    place: file,
    version: `SQLite (${file})`,
    failures,
    exists: Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.mapError(fs.exists(file), failures().of)),
    make: makeFile(file),
    prepare: prepare(file),
    connect: makeTransactions(connect(file)),
    // It is a file of the dispatcher's own directory.
    enrol: () => Effect.succeed({ fence: NO_FENCE, fleet: undefined }),
    fleet: () => undefined,
    progress: ({ read }, wholly) => read(progressOf(file, wholly)),
    lostText: lostText(file),
    keepsPlace: Effect.map(Effect.mapError(inodeAt(file), failures().of), (inode) => requireInPlace(file, inode ?? ""))
  }
}
