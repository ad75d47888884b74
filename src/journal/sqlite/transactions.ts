import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Chunk, Effect, Predicate, ScopedRef, type Scope } from "effect"

/** Reads and transactions on one connection, one after another. */
export interface Transactions {
  /** Never sees an unfinished transaction. */
  readonly read: <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Effect.Effect<A, E>
  /** One transaction: all or nothing, and on the disk when this returns. Uninterruptible. */
  readonly write: <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Effect.Effect<A, E | SqlError>
}

/** A statement on the connection of `Transactions`. */
export const sql = <Row extends object>(
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<string | number | null>
): Effect.Effect<ReadonlyArray<Row>, SqlError, SqlClient> =>
  Effect.flatMap(SqlClient, (client) => client<Row>(strings, ...values))

// Fails if SQLite has already rolled back by itself, as it does after some errors.
const rollback = Effect.ignore(sql`ROLLBACK`)

/**
 * Used instead of the transactions of `@effect/sql-libsql` 0.42, which have three faults: each opens a connection and
 * never closes it; one that cannot begin (disk full, database locked) blocks all later ones for ever; one that cannot be
 * committed dies.
 */
export const makeTransactions = <E>(
  connect: Effect.Effect<SqlClient, E, Scope.Scope>
): Effect.Effect<Transactions, E, Scope.Scope> =>
  Effect.gen(function* () {
    const connection = yield* ScopedRef.fromAcquire(connect)
    const mutex = yield* Effect.makeSemaphore(1)
    const reconnect = Effect.ignoreLogged(ScopedRef.set(connection, connect))
    // A statement that found the database locked stays active until it is garbage-collected. Until then its connection
    // cannot commit anything, so every SQLite error replaces the connection.
    const onConnection = <A, E1>(effect: Effect.Effect<A, E1, SqlClient>): Effect.Effect<A, E1> =>
      ScopedRef.get(connection).pipe(
        Effect.flatMap((client) => Effect.provideService(effect, SqlClient, client)),
        Effect.tapErrorCause((cause) =>
          Chunk.some(Cause.failures(cause), Predicate.isTagged("SqlError")) ? reconnect : Effect.void
        ),
        mutex.withPermits(1)
      )
    return {
      read: onConnection,
      write: (effect) =>
        sql`BEGIN IMMEDIATE`.pipe(
          Effect.zipRight(Effect.onError(Effect.zipLeft(effect, sql`COMMIT`), () => rollback)),
          Effect.uninterruptible,
          onConnection
        )
    }
  })
