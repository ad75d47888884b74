import { SqlClient } from "@effect/sql/SqlClient"
import type { Statement } from "@effect/sql/Statement"
import { Effect, Schema } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { JournalFailures } from "../failures.ts"
import type { Window } from "../JournalQueries.ts"
import type { Transactions } from "./transactions.ts"

/** How the rows of a SELECT are read. */
interface Reading<A, I, B> {
  /** Of a row, with `undefined` for NULL. */
  readonly schema: Schema.Schema<A, I> & { readonly fields: Schema.Struct.Fields }
  /** The columns that hold JSON. */
  readonly json?: ReadonlyArray<keyof A & string>
  readonly make: (row: A) => B
}

/** Reads the columns of a row. Faster than a Schema that does the same. */
const reader = (columns: ReadonlyArray<string>, json: ReadonlyArray<string>) => {
  const kinds = columns.map((column) => [column, json.includes(column)] as const)
  return (row: object): unknown => {
    const plain: Record<string, unknown> = {}
    for (const [column, isJson] of kinds) {
      const value: unknown = Reflect.get(row, column)
      plain[column] = value === null ? undefined : isJson ? JSON.parse(String(value)) : value
    }
    return plain
  }
}

/**
 * Runs a SELECT, decodes its rows and makes something of each. A row that cannot be decoded makes the journal corrupt. A view may
 * show thousands of rows, so each is decoded by itself and without Effects: that takes half the time.
 */
export const makeRows =
  ({ read }: Transactions, failures: JournalFailures) =>
  <A, I, B>(name: string, { json = [], make, schema }: Reading<A, I, B>) => {
    const decode = Schema.decodeUnknownSync(schema)
    const plain = reader(Object.keys(schema.fields), json)
    const decodeAll = (rows: ReadonlyArray<object>) =>
      Effect.try({
        try: () => rows.map((row) => make(decode(plain(row)))),
        catch: (error) => failures.corrupt(String(error))
      })
    return (select: (sql: SqlClient) => Statement<object>): Effect.Effect<ReadonlyArray<B>, JournalFailed> =>
      read(Effect.flatMap(SqlClient, select)).pipe(
        Effect.mapError(failures.of),
        Effect.flatMap(decodeAll),
        Effect.withSpan(`JournalQueries.${name}`)
      )
  }
export type Rows = ReturnType<typeof makeRows>

/** The condition that a column of times is in the window. Always two bounds: with one, SQLite may prefer to read a whole table. */
export const isIn = (sql: SqlClient, column: string, { since, until = Number.MAX_SAFE_INTEGER }: Window) =>
  sql`${sql.literal(column)} >= ${since} AND ${sql.literal(column)} < ${until}`
