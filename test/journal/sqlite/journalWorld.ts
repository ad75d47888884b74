import * as Statement from "@effect/sql/Statement"
import { SqlClient } from "@effect/sql/SqlClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { createClient } from "@libsql/client"
import { Context, Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { OtherTracker } from "../../../src/journal/identity.ts"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { connect } from "../../../src/journal/sqlite/database.ts"
import { migrations } from "../../../src/journal/sql/migrations.ts"
import type { Services } from "../../../src/journal/sql/services.ts"
import * as SqliteJournal from "../../../src/journal/sqlite/SqliteJournal.ts"

/** A directory that is removed after the test. */
export const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "nd-journal-")))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
)

/** The path of a state directory that does not exist yet. */
export const stateDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.map(scratch, (made) =>
  path.join(made, "state")
)

/** The layer of the journal in this state directory. */
export const journalIn = (directory: string): Layer.Layer<Services, JournalFailed | OtherTracker> =>
  SqliteJournal.layer({ directory }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeContext.layer)))

/** The layer for reading only. */
export const readingIn = (directory: string): Layer.Layer<Services, JournalFailed | OtherTracker> =>
  SqliteJournal.reading({ directory }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeContext.layer)))

/** The layer of the operator's commands. */
export const viewingIn = (directory: string, tracker?: string): Layer.Layer<Services> =>
  SqliteJournal.viewing({ directory, tracker }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeContext.layer)))

/** The journal, and the queries of another process. */
export const journalAndQueriesIn = (
  directory: string
): Layer.Layer<Journal | JournalQueries, JournalFailed | OtherTracker> =>
  Layer.effect(JournalQueries, JournalQueries).pipe(
    Layer.provide(viewingIn(directory)),
    Layer.provideMerge(journalIn(directory))
  )

/** The journal in this state directory, open for the scope. */
export const opened = (directory: string) => Effect.map(Layer.build(journalIn(directory)), Context.get(Journal))
/** The same for reading only. */
export const read = (directory: string) => Effect.map(Layer.build(readingIn(directory)), Context.get(Journal))
/** Opens the journal, does the work and closes the journal. */
export const once = <A, E>(directory: string, work: (journal: Journal["Type"]) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(opened(directory), work))
export const database = (directory: string) => path.join(directory, "journal.db")
/** Removes the database with its log. */
export const removeDatabase = (directory: string): void => {
  for (const end of ["", "-wal", "-shm"]) fs.rmSync(`${database(directory)}${end}`, { force: true })
}
/**
 * Puts another file in the place of the database. To write into the old one would not do: a closed connection of this process goes
 * on until it is garbage-collected, and then writes what its log holds into the file.
 */
export const replaceDatabase = (directory: string, content: string): void => {
  removeDatabase(directory)
  fs.writeFileSync(database(directory), content)
}
/** Runs SQL on the database, on a connection of its own; returns the rows of the last statement. */
export const query = (directory: string, ...statements: ReadonlyArray<string>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => createClient({ url: pathToFileURL(database(directory)).href })),
    (client) =>
      Effect.promise(async () => {
        let rows: ReadonlyArray<Record<string, unknown>> = []
        for (const statement of statements) rows = (await client.execute(statement)).rows
        return rows
      }),
    (client) => Effect.sync(() => client.close())
  )

/** A state directory with the database of an earlier version, which knew so many migrations. */
export const ofVersion = Effect.fn("ofVersion")(function* (version: number) {
  const directory = yield* stateDirectory
  fs.mkdirSync(directory, { mode: 0o700 })
  yield* connect(database(directory)).pipe(
    Effect.flatMap((sql) =>
      sql`CREATE TABLE effect_sql_migrations
        (migration_id INTEGER PRIMARY KEY, created_at TEXT DEFAULT current_timestamp, name TEXT NOT NULL)`.pipe(
        Effect.zipRight(
          Effect.forEach(migrations.slice(0, version), ([name, migration], index) =>
            Effect.zipRight(
              migration,
              sql`INSERT INTO effect_sql_migrations (migration_id, name) VALUES (${index + 1}, ${name})`
            )
          )
        ),
        Effect.provideService(SqlClient, sql)
      )
    ),
    Effect.scoped
  )
  return directory
})

/** Each statement that the effect runs. */
export const statementsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const seen: Array<readonly [sql: string, params: ReadonlyArray<unknown>]> = []
    yield* Statement.withTransformer(effect, (statement) => {
      seen.push(statement.compile())
      return Effect.succeed(statement)
    })
    return seen
  })
