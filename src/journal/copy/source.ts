import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { JournalFailures } from "../failures.ts"
import { restored, shownText, stored } from "../storedText.ts"
import { quoted, TABLES, type Column } from "./tables.ts"

type Value = string | number | null
type Row = Readonly<Record<string, Value>>

/** One part of a table: its last row, and its rows as JSON objects. */
export interface Part {
  readonly last: number
  readonly rows: ReadonlyArray<string>
}

/** The journal in SQLite, in one transaction. */
export interface Source {
  readonly count: (table: string) => Effect.Effect<number, JournalFailed>
  /** The rows after this one, as many as fit into one part; `undefined` if there are none. */
  readonly partAfter: (
    table: string,
    columns: ReadonlyArray<Column>,
    last: number
  ) => Effect.Effect<Part | undefined, JournalFailed>
}

/** Of one part. A record of a run with many bugs takes megabytes, so the number of rows alone does not bound a part. */
const MOST_ROWS = 1000
const MOST_BYTES = 4 * 1024 * 1024

/** What Postgres cannot read in JSON, as versions before it wrote it. It may also be a backslash and these letters. */
const UNREADABLE = /\\u(?:0000|d[89a-f])/iu

/** A value as the journal in Postgres would have written it. What it can keep stays the same text. */
const portable = (value: Value, type: string): Value => {
  if (typeof value !== "string") return value
  return type === "json" ? (UNREADABLE.test(value) ? stored(restored(value)) : value) : shownText(value)
}

const sizeOf = (columns: ReadonlyArray<Column>): string =>
  columns.map(({ name }) => `coalesce(length(CAST(${quoted(name)} AS BLOB)), 0)`).join(" + ")

/** Where a part ends: before it has too many rows or bytes, but at its first row at the earliest. */
const endOfPart = (table: string, columns: ReadonlyArray<Column>): string =>
  `SELECT max(id) AS last FROM (
    SELECT id, row_number() OVER in_order AS number, sum(size) OVER in_order AS upto
    FROM (SELECT rowid AS id, ${sizeOf(columns)} AS size FROM ${quoted(table)} WHERE rowid > ? ORDER BY rowid LIMIT ${MOST_ROWS})
    WINDOW in_order AS (ORDER BY id)
  ) WHERE number = 1 OR upto <= ${MOST_BYTES}`

const rowsOf = (table: string, columns: ReadonlyArray<Column>): string =>
  `SELECT ${columns.map(({ name }) => `${quoted(name)} AS ${quoted(name)}`).join(", ")}
    FROM ${quoted(table)} WHERE rowid > ? AND rowid <= ? ORDER BY rowid`

const asJson = (row: Row, columns: ReadonlyArray<Column>): string =>
  JSON.stringify(Object.fromEntries(columns.map(({ name, type }) => [name, portable(row[name] ?? null, type)])))

/** The journal on the connection of this transaction. */
export const makeSource = Effect.fnUntraced(function* (
  failures: JournalFailures
): Effect.fn.Return<Source, never, SqlClient> {
  const client = yield* SqlClient
  const context = yield* Effect.context<never>()
  // Inside a transaction of Postgres the context names its connection, and a statement of any client would run on that one.
  const ask = <Found extends object>(statement: string, params: ReadonlyArray<number> = []) =>
    client.unsafe<Found>(statement, params).pipe(
      Effect.mapInputContext<never, never>(() => context),
      Effect.mapError(failures.of)
    )
  return {
    count: (table) =>
      Effect.map(ask<{ n: number }>(`SELECT count(*) AS n FROM ${quoted(table)}`), ([row]) => row?.n ?? 0),
    partAfter: Effect.fnUntraced(function* (table, columns, after) {
      const [end] = yield* ask<{ last: number | null }>(endOfPart(table, columns), [after])
      const last = end?.last ?? undefined
      if (last === undefined) return undefined
      const rows = yield* ask<Row>(rowsOf(table, columns), [after, last])
      return { last, rows: rows.map((row) => asJson(row, columns)) }
    })
  }
})

/** How many records there are of each kind. */
export const counted = ({ count }: Source): Effect.Effect<Readonly<Record<string, number>>, JournalFailed> =>
  Effect.map(
    Effect.forEach(TABLES, (table) => Effect.map(count(table), (n) => [table, n] as const)),
    (counts) => Object.fromEntries(counts)
  )
