import { SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { Cause, Chunk, Effect } from "effect"
import { codeOf, messageOf } from "../../exec/causes.ts"
import type { Transactions } from "../sql/transactions.ts"
import type { Connections } from "./connection.ts"

/** `LOCK` sees nothing, so what the transaction reads is from after it has the lock. Every migrated database has this table. */
const begin = (mode: string) => `BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE marks IN ${mode} MODE`
const BESIDE_OTHERS = begin("ROW EXCLUSIVE")
/** Waits until the others have ended. Who comes later waits for this one, so that nothing can come first. */
const ALONE = begin("EXCLUSIVE")

/** Another transaction came first. `40001`, `40P01`: says Postgres. `23505`: it wrote a row with the same key. */
const CONFLICTS: ReadonlySet<string> = new Set(["40001", "40P01", "23505"])
/** Of each kind. A host of an earlier version takes no lock, so it can still come first. */
const MOST_TRIES = 5

const isConflict = (error: unknown): boolean => error instanceof SqlError && CONFLICTS.has(codeOf(error.cause))

/** The server did not answer. It may still execute the statement, so we close the connection. */
const isSilent = (error: unknown): boolean =>
  error instanceof SqlError && messageOf(error.cause) === "Query read timeout"

/**
 * Reads and serializable transactions. One that reads and then writes is begun again if another process changed what it read; if
 * that happens again and again, it is executed alone. Like in SQLite, this process writes one after another: it is never in its own
 * way.
 */
export const makeTransactions = ({ client, drop }: Connections): Effect.Effect<Transactions> =>
  Effect.map(Effect.makeSemaphore(1), (mutex) => {
    const onClient = <A, E>(effect: Effect.Effect<A, E, SqlClient>): Effect.Effect<A, E> =>
      Effect.provideService(effect, SqlClient, client).pipe(
        Effect.tapErrorCause((cause) => (Chunk.some(Cause.failures(cause), isSilent) ? drop : Effect.void))
      )
    // Not `client.withTransaction`: it dies if the transaction cannot be committed.
    const once = <A, E>(effect: Effect.Effect<A, E, SqlClient>, start: string): Effect.Effect<A, E | SqlError> =>
      Effect.scoped(
        Effect.gen(function* () {
          const connection = yield* client.reserve
          const run = (statement: string) => connection.executeUnprepared(statement, [], undefined)
          const inside = Effect.provideService(effect, TransactionConnection, [connection, 0] as const)
          return yield* run(start).pipe(
            Effect.zipRight(inside),
            Effect.zipLeft(run("COMMIT")),
            onClient,
            Effect.onError(() => Effect.ignore(run("ROLLBACK")))
          )
        })
      )
    const tried: typeof once = (effect, start) =>
      Effect.retry(once(effect, start), { while: isConflict, times: MOST_TRIES - 1 })
    return {
      read: onClient,
      write: (effect) =>
        tried(effect, BESIDE_OTHERS).pipe(
          Effect.catchIf(isConflict, () => tried(effect, ALONE)),
          Effect.uninterruptible,
          mutex.withPermits(1)
        )
    }
  })
