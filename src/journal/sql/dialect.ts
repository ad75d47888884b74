import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"

// What SQLite and Postgres write differently. Every statement of the journal stands once, with these parts in it.

/** A part of a statement, in the client's dialect. */
export type Part = (sql: SqlClient) => Fragment

const either =
  (parts: { readonly sqlite: Part; readonly pg: Part }): Part =>
  (sql) =>
    sql.onDialectOrElse({ pg: () => parts.pg(sql), orElse: () => parts.sqlite(sql) })

/** Words that need no values. */
export const inWords = (words: { readonly sqlite: string; readonly pg: string }): Part =>
  either({ sqlite: (sql) => sql.literal(words.sqlite), pg: (sql) => sql.literal(words.pg) })

/** The elements of an array, for `FROM`: rows `listed` with the text `value`, in the order of `key`. */
export const listed = (array: ReadonlyArray<string | number>): Part => {
  const json = JSON.stringify(array)
  return either({
    sqlite: (sql) => sql`json_each(${json})`,
    pg: (sql) => sql`json_array_elements_text(CAST(${json} AS json)) WITH ORDINALITY AS listed (value, key)`
  })
}

/** The same as a SELECT of texts, for `IN (…)`. */
export const texts =
  (array: ReadonlyArray<string>): Part =>
  (sql) =>
    sql`SELECT value FROM ${listed(array)(sql)}`

/** The same of whole numbers. */
export const integers =
  (array: ReadonlyArray<number>): Part =>
  (sql) =>
    sql`SELECT CAST(value AS BIGINT) FROM ${listed(array)(sql)}`

/** A column of texts, as records that `->>` can look into. */
export const asRecord = (column: string): Part => inWords({ sqlite: column, pg: `CAST(${column} AS json)` })

/** The record in a column, with `true` for this key. */
export const withTrue = (column: string, key: string): Part =>
  inWords({
    sqlite: `json_set(${column}, '$.${key}', json('true'))`,
    pg: `CAST(jsonb_set(CAST(${column} AS jsonb), '{${key}}', 'true') AS json)`
  })

/** The record in a column, without this key. */
export const without = (column: string, key: string): Part =>
  inWords({ sqlite: `json_remove(${column}, '$.${key}')`, pg: `CAST(CAST(${column} AS jsonb) - '${key}' AS json)` })

/** Whether the record in a column has this key. SQLite uses an index on it only if both are written in the same way. */
export const hasKey = (column: string, key: string): Part =>
  inWords({ sqlite: `${column} ->> '$.${key}' IS NOT NULL`, pg: `${column} ->> '${key}' IS NOT NULL` })

/** For a column of whole numbers: `column >= bound` and `column < bound` mean the same as with the number itself. */
export const bound = (number: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(number)))
