import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Exit, Redacted, Scope } from "effect"

export type Row = Readonly<Record<string, unknown>>

/** The database's superuser, who connects without a wire between. */
export interface Admin {
  readonly query: (statement: string) => Promise<ReadonlyArray<Row>>
  readonly close: () => Promise<void>
}

export const adminAt = async (address: string): Promise<Admin> => {
  const scope = Effect.runSync(Scope.make())
  const client = await PgClient.make({ url: Redacted.make(address), maxConnections: 2 }).pipe(
    Effect.provide(Reactivity.layer),
    Scope.extend(scope),
    Effect.runPromise
  )
  return {
    query: (statement) => Effect.runPromise(client.unsafe<Row>(statement)),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
