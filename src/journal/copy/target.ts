import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, DateTime, Effect } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { isOwn, Mark, type Identity } from "../../domain/Identity.ts"
import { FLEET_COLUMNS } from "../sql/fleetTables.ts"
import { sql } from "../sql/transactions.ts"
import { quoted, TABLES, type Column } from "./tables.ts"

/** Before whose journal was copied, and the digest of what was copied, in the name of a mark. */
const COPY = "copy "

export interface Copy {
  /** The mark of the state directory whose journal was copied. */
  readonly of: Mark
  readonly digest: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What the database holds. */
export interface Held {
  /** What was copied into it; `undefined` if nothing was. */
  readonly copy: Copy | undefined
  /** A table with records; `undefined` if there are none. */
  readonly filled: string | undefined
}

/** What a database without tables holds. */
export const NOTHING: Held = { copy: undefined, filled: undefined }

const firstRow = (table: string) => `(SELECT '${table}' AS name FROM ${quoted(table)} LIMIT 1)`

const copyIn = ({ at, name }: { readonly name: string; readonly at: number }): Copy => {
  const [mark = "", digest = ""] = name.slice(COPY.length).split(" ")
  return { of: Mark.make(mark), digest, at }
}

/** What a database with tables holds. */
export const held = Effect.gen(function* () {
  const client = yield* SqlClient
  const [copy] = yield* sql<{ name: string; at: number }>`SELECT name, at FROM marks WHERE name LIKE ${`${COPY}%`}`
  const [filled] = yield* client.unsafe<{ name: string }>(TABLES.map(firstRow).join(" UNION ALL "))
  return {
    copy: copy === undefined ? undefined : copyIn(copy),
    filled: filled?.name
  } satisfies Held
})

const EMPTY_ONE = "Name an empty database in the setting journal (createdb makes one), and copy again"

const refused = (place: string, detail: string) =>
  new JournalFailed({ file: place, reason: "unusable", detail, next: EMPTY_ONE })

/** Fails if the database holds records that are no copy of this state directory's. */
export const requireFree = (place: string, identity: Identity, { copy, filled }: Held) => {
  if (filled === undefined || (copy !== undefined && isOwn(identity, copy.of))) return Effect.void
  const whose =
    copy === undefined ? "which a run wrote there" : `copied from another state directory (its mark is ${copy.of})`
  return refused(place, `it holds records already (in ${filled}), ${whose}, so nothing is copied`)
}

/** A run wrote to the journal in SQLite after it was copied. So two records may differ, and this program cannot tell which is right. */
export const changedSince = (place: string, at: number) =>
  refused(
    place,
    `it holds a copy of ${DateTime.formatIso(DateTime.unsafeMake(at))}, and the journal in SQLite was changed after that, so nothing is copied`
  )

/** The columns of each table that a journal in SQLite has too, in their order. */
export const columnsOf = Effect.map(
  sql<Omit<Column, "isCounter"> & { readonly table: string; readonly identity: string }>`SELECT table_name AS "table",
      column_name AS name, data_type AS type, is_identity AS identity
    FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`,
  (rows) => (table: string) =>
    rows.flatMap(({ identity, name, table: of, type }) =>
      of === table && !(table === "attempts" && FLEET_COLUMNS.includes(name))
        ? [{ name, type, isCounter: identity === "YES" }]
        : []
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
export const markCopy = Effect.fnUntraced(function* ({ mark }: Identity, digest: string) {
  yield* sql`INSERT INTO marks (name, at) VALUES (${`${COPY}${mark} ${digest}`}, ${yield* Clock.currentTimeMillis})`
})
