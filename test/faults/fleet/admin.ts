import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Exit, Redacted, Scope } from "effect"
import type { Server } from "../../postgres/server.ts"

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

/** A new database: its address, and its superuser, whose `close` drops it. Never blocks this process, which has the wires. */
export const newDatabase = async (server: Server): Promise<Admin & { readonly address: string }> => {
  const name = `fleet_${crypto.randomUUID().replaceAll("-", "")}`
  const postgres = await adminAt(server.address("postgres"))
  await postgres.query(`CREATE DATABASE ${name} TEMPLATE template0`)
  const address = server.address(name)
  const own = await adminAt(address)
  return {
    address,
    query: own.query,
    close: async () => {
      await own.close()
      await postgres.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await postgres.close()
    }
  }
}
