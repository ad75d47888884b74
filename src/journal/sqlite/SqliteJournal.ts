import * as Reactivity from "@effect/experimental/Reactivity"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { createClient } from "@libsql/client"
import { Cause, Effect, Layer } from "effect"
import { pathToFileURL } from "node:url"
import { JournalFailed } from "../../domain/Failure.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Exec } from "../../exec/Exec.ts"
import { withFileLock } from "../../exec/FileLock.ts"
import { Journal } from "../Journal.ts"
import { journalFailures, type JournalFailures } from "../failures.ts"
import { migrations } from "./migrations.ts"
import { makeRunLock } from "./runLock.ts"
import {
  DATABASE,
  OPEN_LOCK,
  ownStateDirectory,
  readableStateDirectory,
  RUN_LOCK,
  type StateDirectory
} from "../stateDirectory.ts"
import { makeStatements } from "./statements.ts"
import { makeTurns } from "./turns.ts"

/** Where the journal is. */
export type SqliteJournalOptions = StateDirectory

/** Milliseconds for which a moment's lock by another process is waited for, in SQLite and so without a fiber's turn. */
const BUSY = 2000

/** Every record of a migration that ran, ours and those of a later version. */
const latestMigration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const known = yield* sql<{ n: number }>`SELECT count(*) AS n FROM sqlite_master WHERE name = 'effect_sql_migrations'`
  if (known[0]?.n !== 1) return 0
  const rows = yield* sql<{ latest: number | null }>`SELECT max(migration_id) AS latest FROM effect_sql_migrations`
  return rows[0]?.latest ?? 0
})

/** How many migrations the database has had. Fails for one that is damaged or of a later version. */
const checked = Effect.fn("journal.check")(function* (failures: JournalFailures) {
  const sql = yield* SqlClient.SqlClient
  const [check] = yield* sql<{ quick_check: string }>`PRAGMA quick_check(1)`
  if (check?.quick_check !== "ok") return yield* failures.corrupt(check?.quick_check ?? "nothing said")
  const latest = yield* latestMigration
  return latest <= migrations.length ? latest : yield* failures.newer(latest, migrations.length)
})

const migrate = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`PRAGMA journal_mode = WAL`
  yield* Migrator.make({})({
    loader: Effect.succeed(
      migrations.map(([name, migration], index) => [index + 1, name, Effect.succeed(migration)] as const)
    )
  })
})

/** One connection to the database, for the scope. */
const connect = (file: string) =>
  Effect.gen(function* () {
    const liveClient = yield* Effect.acquireRelease(
      Effect.try({
        try: () => createClient({ url: pathToFileURL(file).href }),
        catch: journalFailures(file).of
      }),
      (client) => Effect.sync(() => client.close())
    )
    const sql = yield* LibsqlClient.make({ liveClient }).pipe(Effect.provide(Reactivity.layer))
    yield* inside(file, sql, sql`PRAGMA busy_timeout = ${sql.literal(String(BUSY))}`)
    return sql
  })

const inside = <A, E>(file: string, sql: SqlClient.SqlClient, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  effect.pipe(
    Effect.provideService(SqlClient.SqlClient, sql),
    Effect.catchAllCause((cause) => Effect.fail(journalFailures(file).of(Cause.squash(cause))))
  )

/** A look at the database, on a connection of its own: a migration uses its up. */
const look = (file: string) =>
  Effect.gen(function* () {
    const sql = yield* connect(file)
    return { sql, latest: yield* inside(file, sql, checked(journalFailures(file))) }
  })

/** Checks the database and brings it up to date. */
const prepare = (file: string) =>
  look(file).pipe(
    Effect.flatMap(({ latest, sql }) => (latest < migrations.length ? inside(file, sql, migrate) : Effect.void)),
    Effect.scoped
  )

const statementsOn = (file: string) =>
  Effect.zipWith(makeTurns(connect(file)), Redact, (turns, redact) =>
    makeStatements(turns, journalFailures(file, redact), redact)
  )

/**
 * The journal in an SQLite database in the state directory, which has to be ours and is made 0700, and its file 0600.
 * Building it opens and migrates the database, so it fails where that cannot be done: with `corrupt` and `newer` nothing is
 * changed.
 */
export const layer = (
  options: SqliteJournalOptions
): Layer.Layer<Journal, JournalFailed, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(
    Journal,
    Effect.gen(function* () {
      const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
      const { directory } = options
      const file = path.join(directory, DATABASE)
      const unusable = journalFailures(directory).of
      yield* ownStateDirectory(options)
      // SQLite would make it for everybody to read, and gives the files beside it the same mode.
      const ours = fs.writeFileString(file, "", { flag: "a", mode: 0o600 })
      yield* Effect.mapError(Effect.zipRight(ours, fs.chmod(file, 0o600)), journalFailures(file).of)
      // Two that open it for the first time would both make its tables.
      yield* prepare(file).pipe(
        withFileLock(path.join(directory, OPEN_LOCK)),
        Effect.catchTag("FileLockFailed", (error) => Effect.fail(unusable(error)))
      )
      const statements = yield* statementsOn(file)
      return Journal.of({
        version: Effect.succeed(`SQLite (${file})`),
        lock: yield* makeRunLock(path.join(directory, RUN_LOCK)),
        ...statements
      })
    })
  )

const nothingYet = (file: string): Journal["Type"] => {
  const readOnly = Effect.fail(new JournalFailed({ file, reason: "unusable", detail: "it is only read here" }))
  const none = Effect.succeed([])
  return {
    version: Effect.succeed(`no journal yet (${file})`),
    lock: readOnly,
    begin: () => readOnly,
    end: () => readOnly,
    intend: () => readOnly,
    advance: () => readOnly,
    reopen: () => readOnly,
    raise: () => readOnly,
    open: none,
    since: () => none,
    of: () => none,
    unsent: none
  }
}

/** The same journal for those who only read: nothing is made or changed, nobody is waited for, and writing fails. */
export const reading = (
  options: SqliteJournalOptions
): Layer.Layer<Journal, JournalFailed, FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(
    Journal,
    Effect.gen(function* () {
      const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
      const file = path.join(options.directory, DATABASE)
      const nothing = nothingYet(file)
      if (!(yield* readableStateDirectory(options))) return nothing
      if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) return nothing
      if ((yield* Effect.scoped(Effect.map(look(file), ({ latest }) => latest))) < migrations.length) return nothing
      const { of, open, since, unsent } = yield* statementsOn(file)
      return { ...nothing, version: Effect.succeed(`SQLite (${file})`), of, open, since, unsent }
    })
  )
