import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Chunk, Effect, Predicate, ScopedRef, type Scope } from "effect"

/** Turns on the one connection to a database, one after another. */
export interface Turns {
  /** Sees no transaction of somebody else's in the middle. */
  readonly read: <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Effect.Effect<A, E>
  /** All of it or nothing, and on the disk when it returns. Nothing interrupts it. */
  readonly write: <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Effect.Effect<A, E | SqlError>
}

/** A statement on the connection that has the turn. */
export const sql = <Row extends object>(
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<string | number>
): Effect.Effect<ReadonlyArray<Row>, SqlError, SqlClient> =>
  Effect.flatMap(SqlClient, (client) => client<Row>(strings, ...values))

// After some failures SQLite has rolled back by itself, and there is nothing left to do.
const rollback = Effect.ignore(sql`ROLLBACK`)

/**
 * Transactions on one connection. Those of `@effect/sql-libsql` 0.42 take a new connection each and close none of them;
 * one that cannot begin, because the disk is full or the database locked, keeps its turn and so stops all later ones for
 * ever; and one that cannot be committed dies.
 */
export const makeTurns = <E>(connect: Effect.Effect<SqlClient, E, Scope.Scope>): Effect.Effect<Turns, E, Scope.Scope> =>
  Effect.gen(function* () {
    const connection = yield* ScopedRef.fromAcquire(connect)
    const mutex = yield* Effect.makeSemaphore(1)
    const renew = Effect.ignoreLogged(ScopedRef.set(connection, connect))
    // A statement that found the database locked stays at work until it is garbage, and meanwhile nothing can be
    // committed beside it: so whatever SQLite fails at takes the connection with it.
    const turn = <A, E1>(effect: Effect.Effect<A, E1, SqlClient>): Effect.Effect<A, E1> =>
      ScopedRef.get(connection).pipe(
        Effect.flatMap((client) => Effect.provideService(effect, SqlClient, client)),
        Effect.tapErrorCause((cause) =>
          Chunk.some(Cause.failures(cause), Predicate.isTagged("SqlError")) ? renew : Effect.void
        ),
        mutex.withPermits(1)
      )
    return {
      read: turn,
      write: (effect) =>
        sql`BEGIN IMMEDIATE`.pipe(
          Effect.zipRight(Effect.onError(Effect.zipLeft(effect, sql`COMMIT`), () => rollback)),
          Effect.uninterruptible,
          turn
        )
    }
  })
