import { SqlClient } from "@effect/sql/SqlClient"
import type { Statement } from "@effect/sql/Statement"
import { Effect, Schema } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { JournalFailures } from "../failures.ts"
import type { Window } from "../JournalQueries.ts"
import { restored, restoredText } from "../storedText.ts"
import { bound } from "./dialect.ts"
import type { Transactions } from "./transactions.ts"

/** How the rows of a SELECT are read. */
interface Reading<A, I, B> {
  /** Of a row, with `undefined` for NULL. */
  readonly schema: Schema.Schema<A, I> & { readonly fields: Readonly<Record<string, Schema.Schema.AnyNoContext>> }
  /** The columns that hold JSON. */
  readonly json?: ReadonlyArray<keyof A & string>
  readonly make: (row: A) => B
}

const asWritten = (value: unknown): unknown => (typeof value === "string" ? restoredText(value) : value)

/** How many values of a column are remembered. */
const REMEMBERED = 100

/**
 * Decodes the values of a column. The first ones are remembered: in thousands of rows a column such as the provider holds few
 * different values.
 */
const reader = (column: string, schema: Schema.Schema.AnyNoContext, isJson: boolean) => {
  const decode: (value: unknown) => unknown = Schema.decodeUnknownSync(schema)
  const known = new Map<unknown, unknown>()
  return (value: unknown): unknown => {
    if (known.has(value)) return known.get(value)
    try {
      const decoded = decode(
        value === null ? undefined : isJson ? JSON.parse(restored(String(value))) : asWritten(value)
      )
      if (!isJson && known.size < REMEMBERED) known.set(value, decoded)
      return decoded
    } catch (error) {
      throw new Error(`column ${column}: ${String(error)}`, { cause: error })
    }
  }
}

/** The fields of a Schema decode each column of a row. */
const rowReader = <A, I>({ json = [], schema }: Pick<Reading<A, I, never>, "schema" | "json">) => {
  const isJson = (column: string) => json.some((name) => name === column)
  const readers = Object.entries(schema.fields).map(
    ([column, field]) => [column, reader(column, field, isJson(column))] as const
  )
  return (row: object): A => {
    const decoded: Record<string, unknown> = {}
    for (const [column, read] of readers) decoded[column] = read(Reflect.get(row, column))
    return decoded as A
  }
}

/**
 * Runs a SELECT, decodes its rows and makes something of each. A row that cannot be decoded makes the journal corrupt. A view may
 * show thousands of rows, so each is decoded by itself and without Effects: that takes half the time.
 */
export const makeRows =
  ({ read }: Transactions, failures: JournalFailures) =>
  <A, I, B>(name: string, reading: Reading<A, I, B>) => {
    const decode = rowReader(reading)
    const decodeAll = (rows: ReadonlyArray<object>) =>
      Effect.try({
        try: () => rows.map((row) => reading.make(decode(row))),
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
  sql`${sql.literal(column)} >= ${bound(since)} AND ${sql.literal(column)} < ${bound(until)}`
