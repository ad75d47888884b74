import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Journal } from "../Journal.ts"
import type { JournalFailures } from "../failures.ts"
import type { RecordCodec } from "../../domain/redactedCodec.ts"
import type { makeRecords } from "../records.ts"
import { sql, type Transactions } from "./transactions.ts"

export type Methods<Name extends keyof Journal["Type"]> = Pick<Journal["Type"], Name>
export type Records = ReturnType<typeof makeRecords>

/** What the statements have in common. */
export const makeCalls = (transactions: Transactions, failures: JournalFailures) => {
  /** A record that cannot be decoded makes the journal corrupt. */
  const decode = <A>(codec: RecordCodec<A>, text: string) =>
    Effect.mapError(codec.decode(text), (error) => failures.corrupt(error.message))
  const read = <A, E>(effect: Effect.Effect<A, E, SqlClient>): Effect.Effect<A, JournalFailed> =>
    Effect.mapError(transactions.read(effect), failures.of)
  return {
    failures,
    decode,
    read,
    transaction: <A, E>(effect: Effect.Effect<A, E, SqlClient>): Effect.Effect<A, JournalFailed> =>
      Effect.mapError(transactions.write(effect), failures.of),
    /** Runs a SELECT and decodes its column `record`. */
    select:
      <A>(name: string, codec: RecordCodec<A>) =>
      (...statement: Parameters<typeof sql>): Effect.Effect<ReadonlyArray<A>, JournalFailed> =>
        read(sql<{ readonly record: string }>(...statement)).pipe(
          Effect.flatMap(Effect.forEach(({ record }) => decode(codec, record))),
          Effect.withSpan(`Journal.${name}`)
        )
  }
}
export type Calls = ReturnType<typeof makeCalls>
