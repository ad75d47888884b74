import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { actorOf } from "../../../src/domain/Actor.ts"
import type { Intent } from "../../../src/domain/Attempt.ts"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import type { BeadsId } from "../../../src/domain/Ids.ts"
import { Fleet } from "../../../src/journal/Fleet.ts"
import type { OtherTracker } from "../../../src/journal/identity.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { intentOf, RUN } from "../../contract/attempts.ts"
import { beadsId } from "../../contract/support.ts"
import type { Server } from "../../postgres/server.ts"
import { besides, journalAt, placeOn, type Place } from "./postgresWorld.ts"

/** One process of a host. */
export interface Process {
  readonly place: Place
  readonly journal: Journal["Type"]
  readonly fleet: Fleet["Type"]
  /** The intent of this host's n-th attempt. */
  readonly intent: (n: number, beads?: BeadsId) => Intent
}

/** Begins a process on the host with this state directory, for the scope. */
export const processAt = (place: Place): Effect.Effect<Process, JournalFailed | OtherTracker, Scope.Scope> =>
  Effect.map(Layer.build(journalAt(place)), (services) => {
    const journal = Context.get(services, Journal)
    const { mark } = journal.identity
    const intent = (attempt: number, beads = beadsId(`bd-${attempt}`)) => ({
      ...intentOf(attempt, beads),
      actor: actorOf({ mark, host: place.host ?? "", run: RUN, attempt })
    })
    return { place, journal, fleet: Context.get(services, Fleet), intent }
  })

/** Two hosts that share a journal: `vm-1` and `vm-2`, and what runs SQL on it. */
export const twoHosts = (server: Effect.Effect<Server>) =>
  Effect.gen(function* () {
    const first = { ...(yield* placeOn(server)), host: "vm-1" }
    const second = { ...(yield* besides(first)), host: "vm-2" }
    const { run } = yield* server
    const database = new URL(Redacted.value(first.address)).pathname.slice(1)
    return {
      one: yield* processAt(first),
      two: yield* processAt(second),
      /** Runs SQL as the superuser; gives what `psql` prints. */
      sql: (...statements: ReadonlyArray<string>) => run(database, ...statements).trim()
    }
  })
