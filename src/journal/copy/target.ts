import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, DateTime, Effect } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { isOwn, type Identity, type Mark } from "../../domain/Identity.ts"
import { dispatchers, serve, servesOther } from "../postgres/oneDispatcher.ts"
import { sql } from "../sql/transactions.ts"
import { quoted, TABLES, type Column } from "./tables.ts"

/** Before the digest of what was copied, in the name of a mark. */
const COPY = "copy "

/** What the database holds. */
export interface Held {
  /** The marks of the state directories that it serves. */
  readonly dispatchers: ReadonlyArray<Mark>
  /** What was copied into it, and when (milliseconds since the epoch); `undefined` if nothing was. */
  readonly copy: { readonly digest: string; readonly at: number } | undefined
  /** A table with records; `undefined` if there are none. */
  readonly filled: string | undefined
}

/** What a database without tables holds. */
export const NOTHING: Held = { dispatchers: [], copy: undefined, filled: undefined }

const firstRow = (table: string) => `(SELECT '${table}' AS name FROM ${quoted(table)}
  ${table === "marks" ? "WHERE name NOT LIKE 'dispatcher %'" : ""} LIMIT 1)`

/** What a database with tables holds. */
export const held = Effect.gen(function* () {
  const client = yield* SqlClient
  const [copy] = yield* sql<{ name: string; at: number }>`SELECT name, at FROM marks WHERE name LIKE ${`${COPY}%`}`
  const [filled] = yield* client.unsafe<{ name: string }>(TABLES.map(firstRow).join(" UNION ALL "))
  return {
    dispatchers: yield* dispatchers,
    copy: copy === undefined ? undefined : { digest: copy.name.slice(COPY.length), at: copy.at },
    filled: filled?.name
  } satisfies Held
})

const EMPTY_ONE = "Name an empty database in the setting journal (createdb makes one), and copy again"

const refused = (place: string, detail: string) =>
  new JournalFailed({ file: place, reason: "unusable", detail, next: EMPTY_ONE })

/** Fails if the database holds records that are no copy of this state directory's. */
export const requireFree = (place: string, identity: Identity, { copy, dispatchers, filled }: Held) => {
  const other = dispatchers.find((mark) => !isOwn(identity, mark))
  if (other !== undefined) return servesOther(place, ` (its mark is ${other}: see nightly-dispatch state show there)`)
  if (copy !== undefined || filled === undefined) return Effect.void
  return refused(place, `it holds records already (in ${filled}), which a run wrote there, so nothing is copied`)
}

/** The journal in SQLite went on after its copy. Nobody can tell in which of the two a record is right. */
export const changedSince = (place: string, at: number) =>
  refused(
    place,
    `it holds a copy of ${DateTime.formatIso(DateTime.unsafeMake(at))}, and the journal in SQLite was changed after that, so nothing is copied`
  )

/** The columns of each table, in their order. */
export const columnsOf = Effect.map(
  sql<Omit<Column, "isCounter"> & { readonly table: string; readonly identity: string }>`SELECT table_name AS "table",
      column_name AS name, data_type AS type, is_identity AS identity
    FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`,
  (rows) => (table: string) =>
    rows.flatMap(({ identity, name, table: of, type }) =>
      of === table ? [{ name, type, isCounter: identity === "YES" }] : []
    )
)

/** Writes these rows, each a JSON object. A record is a text in it, so that its own text stays the same. */
export const insert = (table: string, columns: ReadonlyArray<Column>, rows: ReadonlyArray<string>) => {
  const read = columns.map(({ name, type }) => (type === "json" ? `CAST(${quoted(name)} AS JSON)` : quoted(name)))
  const types = columns.map(({ name, type }) => `${quoted(name)} ${type === "json" ? "text" : type}`)
  const statement = `INSERT INTO ${quoted(table)} (${columns.map(({ name }) => quoted(name)).join(", ")})
    SELECT ${read.join(", ")} FROM json_to_recordset(CAST($1 AS JSON)) AS part (${types.join(", ")})`
  return Effect.flatMap(SqlClient, (client) => client.unsafe(statement, [`[${rows.join(",")}]`]))
}

/** The next row gets the next number. */
export const countOn = (table: string, columns: ReadonlyArray<Column>) =>
  Effect.forEach(
    columns.filter(({ isCounter }) => isCounter),
    ({ name }) =>
      Effect.flatMap(SqlClient, (client) =>
        client.unsafe(
          `SELECT setval(pg_get_serial_sequence($1, $2), (SELECT coalesce(max(${quoted(name)}), 0) + 1 FROM ${quoted(table)}), false)`,
          [quoted(table), name]
        )
      ),
    { discard: true }
  )

/** Writes down whose records these are, and what was copied. */
export const markCopy = Effect.fnUntraced(function* (identity: Identity, { dispatchers }: Held, digest: string) {
  if (dispatchers.length === 0) yield* serve(identity.mark)
  yield* sql`INSERT INTO marks (name, at) VALUES (${COPY + digest}, ${yield* Clock.currentTimeMillis})`
})
