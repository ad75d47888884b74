import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Duration, Effect, type Redacted, type Scope } from "effect"
import { Socket } from "node:net"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { JournalFailures } from "../failures.ts"
import { withLimits } from "./address.ts"

/** How Postgres sends a value, by the number of its type: whole numbers and others as numbers, all else as texts, JSON too. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700])
const asNumber = (text: string): number => Number(text)
const asText = (text: string): string => text
const types = { getTypeParser: (type: number) => (NUMBERS.has(type) ? asNumber : asText) }

/** Of one process. A run writes one transaction at a time, and reads meanwhile. */
const MAX_CONNECTIONS = 4

const CONNECT_LIMIT = Duration.seconds(10)
const KEEPALIVE = Duration.seconds(10)

/** The connections of this process to a database. */
export interface Connections {
  readonly client: PgClient.PgClient
  /** Drops all of them: what is asked on them fails at once. A later question makes a new one. */
  readonly drop: Effect.Effect<void>
}

/** Connects for the scope. */
export const connect = (
  address: Redacted.Redacted,
  failures: JournalFailures
): Effect.Effect<Connections, JournalFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const drop = Effect.sync(() => sockets.forEach((socket) => socket.destroy()))
    // A socket that waits for an answer would hold the process.
    yield* Effect.addFinalizer(() => drop)
    const client = yield* PgClient.make({
      url: withLimits(address),
      applicationName: "nightly-dispatch",
      connectTimeout: CONNECT_LIMIT,
      maxConnections: MAX_CONNECTIONS,
      types,
      stream: () => {
        const socket = new Socket().setKeepAlive(true, Duration.toMillis(KEEPALIVE))
        sockets.add(socket)
        return socket.once("close", () => sockets.delete(socket))
      }
    }).pipe(Effect.provide(Reactivity.layer), Effect.mapError(failures.of))
    return { client, drop }
  })
