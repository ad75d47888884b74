import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { Part } from "./dialect.ts"

/** Reads and transactions on the connections of one database. */
export interface Transactions {
  /** Never sees an unfinished transaction. */
  readonly read: <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Effect.Effect<A, E>
  /** One transaction: all or nothing, and on the disk when this returns. Uninterruptible. */
  readonly write: <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Effect.Effect<A, E | SqlError>
}

/** A statement on the connection of `Transactions`. */
export const sql = <Row extends object>(
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<string | number | null | Part>
): Effect.Effect<ReadonlyArray<Row>, SqlError, SqlClient> =>
  Effect.flatMap(SqlClient, (client) =>
    client<Row>(strings, ...values.map((value) => (typeof value === "function" ? value(client) : value)))
  )
