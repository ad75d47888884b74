import { SqlClient } from "@effect/sql/SqlClient"
import { Cause, Chunk, Effect, Predicate, ScopedRef, type Scope } from "effect"
import { sql, type Transactions } from "../sql/transactions.ts"

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
