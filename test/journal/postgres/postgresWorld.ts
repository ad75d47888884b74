import * as NodeContext from "@effect/platform-node/NodeContext"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import type { OtherTracker } from "../../../src/journal/identity.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import * as PostgresJournal from "../../../src/journal/postgres/imported.ts"
import type { Services } from "../../../src/journal/sql/services.ts"
import { database, type Server } from "../../postgres/server.ts"
import { stateDirectory } from "../sqlite/journalWorld.ts"

const platform = Layer.merge(NodeExec.layer, NodeContext.layer)

/** A state directory with the address of its journal. */
export interface Place {
  readonly directory: string
  readonly address: Redacted.Redacted
  readonly host?: string
  /** The tracker's directory. */
  readonly tracker?: string
}

/** A new state directory and a new database. */
export const placeOn = (server: Effect.Effect<Server>): Effect.Effect<Place, never, Scope.Scope> =>
  Effect.gen(function* () {
    const on = yield* server
    return { directory: yield* stateDirectory, address: Redacted.make(on.address(yield* database(on))) }
  })

/** The same place, with this changed in its address. */
export const changed = (place: Place, change: (url: URL) => void): Place => {
  const url = new URL(Redacted.value(place.address))
  change(url)
  return { ...place, address: Redacted.make(url.href) }
}

/** Another state directory with the same journal. */
export const besides = ({ address }: Place): Effect.Effect<Place, never, Scope.Scope> =>
  Effect.map(stateDirectory, (directory) => ({ directory, address }))

export const journalAt = (place: Place): Layer.Layer<Services, JournalFailed | OtherTracker> =>
  PostgresJournal.layer(place).pipe(Layer.provide(platform))

export const viewingAt = (place: Place): Layer.Layer<Services> =>
  PostgresJournal.viewing(place).pipe(Layer.provide(platform))

/** The journal, and the queries of another process. */
export const journalAndQueriesAt = (
  place: Place
): Layer.Layer<Journal | JournalQueries, JournalFailed | OtherTracker> =>
  Layer.effect(JournalQueries, JournalQueries).pipe(
    Layer.provide(viewingAt(place)),
    Layer.provideMerge(journalAt(place))
  )

/** The journal at this place, open for the scope. */
export const opened = (place: Place) => Effect.map(Layer.build(journalAt(place)), Context.get(Journal))
