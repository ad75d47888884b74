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

/** The database's clock goes on by this many milliseconds: each of its times is that much nearer. */
export const timePasses = async ({ query }: Admin, millis: number): Promise<void> => {
  const columns = await query(
    `SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type LIKE 'timestamp%' AND table_name <> 'effect_sql_migrations'`
  )
  for (const { column_name, table_name } of columns) {
    const column = String(column_name)
    await query(
      `UPDATE ${String(table_name)} SET ${column} = ${column} - interval '${millis} milliseconds' WHERE ${column} IS NOT NULL`
    )
  }
}

/** Offers that a host still has, and those of a tick that is over; ticks that were not planned to their end. */
export const openOffers = async ({ query }: Admin): Promise<ReadonlyArray<string>> => {
  const offers = await query(
    "SELECT id FROM offers WHERE ended IS NULL AND (host IS NOT NULL OR tick < (SELECT max(id) FROM ticks))"
  )
  const ticks = await query("SELECT id FROM ticks WHERE ended IS NULL")
  return [...offers.map(({ id }) => `offer ${id} is open`), ...ticks.map(({ id }) => `tick ${id} has no end`)]
}
