import { shownName, typedName, type Host } from "../../domain/Host.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { oneLine } from "../../domain/Text.ts"
import { inWords } from "../../domain/times.ts"
import { forBugs } from "../needs/forBugs.ts"
import type { Need } from "../needs/Need.ts"
import { fleetOf, openOf, type NightFacts } from "../needs/NightFacts.ts"
import type { FleetFacts } from "./FleetFacts.ts"
import { isUnseen } from "./unseen.ts"

const evict = ({ hosts }: FleetFacts, host: Host, program: string): string =>
  `${program} hosts evict ${shellWord(typedName(hosts, host))} --reason 'why it is gone'`

const held = (count: number): string =>
  count === 0
    ? "no bug waits for it"
    : `other hosts leave the ${count === 1 ? "bug that it holds" : `${count} bugs that it holds`} alone`

/** The hosts that should have been seen since. */
const unseen = (facts: NightFacts, fleet: FleetFacts, program: string): ReadonlyArray<Need> => {
  const { now, schedule } = facts
  const missing = fleet.hosts.filter((host) => host !== fleet.here && isUnseen(host, { now, ...schedule }))
  return missing.map((host) => {
    const name = shownName(fleet.hosts, host)
    const count = openOf(facts).filter(
      ({ actor }) => fleet.elsewhere(actor) === name && fleet.tenures.get(actor)?._tag !== "Free"
    ).length
    const what = `the host ${name} was last seen ${inWords(host.seenAgo)} ago; ${held(count)}. If it is gone, evict it`
    const since = now - host.seenAgo
    return { kind: "host_unseen", host: name, since, what: oneLine(what, 500), commands: [evict(fleet, host, program)] }
  })
}

/** The bugs whose host had all its time for them, and has neither settled them nor was evicted. */
const beyondTime = (facts: NightFacts, fleet: FleetFacts, program: string): ReadonlyArray<Need> =>
  openOf(facts).flatMap(({ actor, beads, changed }) => {
    const name = fleet.elsewhere(actor)
    const host = fleet.hosts.find((each) => name === shownName(fleet.hosts, each))
    if (host === undefined || host.state === "evicted" || fleet.tenures.get(actor)?._tag !== "Free") return []
    const what = `the host ${host.name} holds it beyond its time; the next run of any host settles it as lost. If ${host.name} is gone, evict it`
    const commands = [`${program} explain ${beads}`, evict(fleet, host, program)]
    return [{ ...forBugs(facts)("host_holds", beads, what, commands, changed), host: shownName(fleet.hosts, host) }]
  })

/** The needs that are about the other hosts of the fleet. */
export const fleetNeeds = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  const fleet = fleetOf(facts)
  return fleet === undefined ? [] : [...unseen(facts, fleet, program), ...beyondTime(facts, fleet, program)]
}
