import { Schema } from "effect"
import { shownName, Host } from "../../domain/Host.ts"
import { agoInWords } from "../../domain/times.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { fleetOf, openOf, type NightFacts } from "../needs/NightFacts.ts"
import { table } from "../text/table.ts"
import type { FleetFacts } from "./FleetFacts.ts"
import { isUnseen } from "./unseen.ts"

/** A host of the fleet. */
export const ShownHost = Schema.Struct({
  ...Host.pick("mark", "tags", "version", "freePlaces", "seenAgo", "state", "reason").fields,
  /** With the beginning of its mark, if another host has the same name. */
  name: Schema.String,
  /** Whether it is the one that was asked. */
  here: Schema.Boolean,
  /** It should have been seen since: two runs in a row did not come from it. */
  unseen: Schema.Boolean,
  /** Its attempts that are not over. */
  jobs: Schema.Int
})
export type ShownHost = typeof ShownHost.Type

const shown = (host: Host, fleet: FleetFacts, facts: NightFacts): ShownHost => {
  const { freePlaces, mark, reason, seenAgo, state, tags, version } = host
  const [here, name] = [mark === fleet.here?.mark, shownName(fleet.hosts, host)]
  const isIts = (made: string | undefined) => (here ? made === undefined : made === name)
  return {
    name,
    mark,
    here,
    state,
    unseen: isUnseen(host, { now: facts.now, schedule: facts.schedule.schedule }),
    seenAgo,
    jobs: openOf(facts).filter(({ actor }) => isIts(fleet.elsewhere(actor))).length,
    ...(freePlaces === undefined ? {} : { freePlaces }),
    tags,
    version,
    ...(reason === undefined ? {} : { reason })
  }
}

/** The hosts that share the journal; `undefined` if no other host does. */
export const shownHostsOf = (facts: NightFacts): ReadonlyArray<ShownHost> | undefined => {
  const fleet = fleetOf(facts)
  return fleet?.hosts.map((host) => shown(host, fleet, facts))
}

const stateOf = ({ state, unseen }: ShownHost): string => (unseen ? "UNSEEN" : state === "evicted" ? "EVICTED" : state)

/** What else there is to say of a host. A version is named where it is not this host's. */
const moreOf = ({ reason, version }: ShownHost, own: string | undefined): string =>
  [
    ...(version === own || own === undefined ? [] : [`version ${version}`]),
    ...(reason === undefined ? [] : [reason])
  ].join(" · ")

/** A line for each host. */
export const hostLines = (hosts: ReadonlyArray<ShownHost>, frame: Frame): ReadonlyArray<string> => {
  if (hosts.length === 0) return []
  const own = hosts.find(({ here }) => here)?.version
  const rows = hosts.map((host) => [
    `${host.name}${host.here ? " (this)" : ""}`,
    stateOf(host),
    agoInWords(frame.now - host.seenAgo, frame.now),
    `${host.jobs}`,
    host.freePlaces === undefined ? "-" : `${host.freePlaces}`,
    moreOf(host, own)
  ])
  const head = ["host", "state", "last seen", "jobs", "free", ""]
  return table(head, rows, widthIn(frame) - 2, [3, 4])
    .split("\n")
    .map((line) => `  ${line}`)
}
