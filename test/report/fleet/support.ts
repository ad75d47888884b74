import { Effect, Either, Layer } from "effect"
import { actorOf, type Actor } from "../../../src/domain/Actor.ts"
import type { Host } from "../../../src/domain/Host.ts"
import { Mark, type Identity } from "../../../src/domain/Identity.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { elsewhereOf } from "../../../src/journal/elsewhere.ts"
import { Fleet, type Tenure } from "../../../src/journal/Fleet.ts"
import type { FleetFacts } from "../../../src/report/fleet/FleetFacts.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"

const MINUTE = 60_000
export const HOUR = 60 * MINUTE

const markOf = (name: string): Mark => Mark.make(Buffer.from(name.padEnd(16)).toString("hex"))

/** A host that works and was seen a minute ago. */
export const host = (name: string, changes: Partial<Host> = {}): Host => ({
  mark: markOf(name),
  name,
  tags: [],
  version: "0.1.0",
  seenAgo: MINUTE,
  state: "active",
  epoch: 1,
  open: 0,
  othersSettleIn: 0,
  ...changes
})

/** The actor of an attempt that the host of this name made. */
export const actorOn = (name: string, attempt = 1): Actor =>
  actorOf({ mark: markOf(name), host: name, run: RunId.make("20261127T060000Z-4f2a91c7d0"), attempt })

export const identityOf = (name: string): Identity => ({
  mark: markOf(name),
  adopted: [],
  copied: [],
  trackers: []
})

/** What the host of this name is told of the fleet. */
export const fleetAt = (
  name: string,
  hosts: ReadonlyArray<Host>,
  tenures: ReadonlyMap<Actor, Tenure> = new Map()
): FleetFacts => ({
  hosts,
  here: hosts.find((each) => each.name === name),
  elsewhere: elsewhereOf(hosts, identityOf(name)),
  tenures
})

/** The same night as it is seen from a host of a fleet. */
export const inFleet = (facts: NightFacts, fleet: FleetFacts): NightFacts => ({
  ...facts,
  journal: Either.map(facts.journal, (journal) => ({ ...journal, fleet }))
})

/** The service of a journal that these hosts share. */
export const fleetLayer = (hosts: ReadonlyArray<Host>): Layer.Layer<Fleet> => {
  const fail = () => Effect.dieMessage("a view changes no host")
  return Layer.succeed(Fleet, {
    hosts: Effect.succeed(hosts),
    others: Effect.succeed(new Set(hosts.map(({ mark }) => mark))),
    seen: fail,
    tenure: () => Effect.succeed({ _tag: "Theirs", host: "vm-2", left: HOUR }),
    evict: fail,
    admit: fail,
    evicted: fail()
  })
}
