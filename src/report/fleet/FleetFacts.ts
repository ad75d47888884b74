import { Effect } from "effect"
import type { Actor } from "../../domain/Actor.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Host } from "../../domain/Host.ts"
import { isOwn } from "../../domain/Identity.ts"
import { Fleet, type Tenure } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { elsewhereOf, type Elsewhere } from "../../journal/elsewhere.ts"

/** What the journal tells of the hosts that share it. */
export interface FleetFacts {
  /** By name. At least two. */
  readonly hosts: ReadonlyArray<Host>
  /** The row of this host; `undefined` if it has not used the journal yet. */
  readonly here: Host | undefined
  readonly elsewhere: Elsewhere
  /** Whose each open attempt of another host is. */
  readonly tenures: ReadonlyMap<Actor, Tenure>
}

/** The hosts that share the journal; `undefined` if no other host does. */
export const readHosts: Effect.Effect<Omit<FleetFacts, "tenures"> | undefined, JournalFailed, Journal> = Effect.gen(
  function* () {
    const [fleet, { identity }] = yield* Effect.all([Fleet, Journal])
    const hosts = yield* fleet.hosts
    if (hosts.every(({ mark }) => isOwn(identity, mark))) return undefined
    const here = hosts.find(({ mark }) => mark === identity.mark)
    return { hosts, here, elsewhere: elsewhereOf(hosts, identity) }
  }
)

/** Whose the open attempts of other hosts are. */
export const readTenures = Effect.fn("fleet.tenures")(function* (
  open: ReadonlyArray<AttemptFacts>,
  elsewhere: Elsewhere
) {
  const { tenure } = yield* Fleet
  const theirs = open.filter(({ actor }) => elsewhere(actor) !== undefined)
  const found = yield* Effect.forEach(theirs, ({ actor }) =>
    Effect.map(tenure(actor), (whose) => [actor, whose] as const)
  )
  return new Map(found)
})
