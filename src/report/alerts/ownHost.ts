import { Duration, Either } from "effect"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { Condition, OpenCondition } from "../../domain/Condition.ts"
import { shownName } from "../../domain/Host.ts"
import { fleetOf, openOf, type NightFacts } from "../needs/NightFacts.ts"
import type { Fate } from "./conditionsOf.ts"

/** The kinds that tell of the host that looks: its runs, its tools, its providers. */
const OF_HOST: ReadonlySet<AlertKind> = new Set([
  "tracker",
  "runner",
  "state",
  "hung",
  "run_failed",
  "streak",
  "no_provider",
  "fallback"
])
const OF_JOBS: ReadonlySet<AlertKind> = new Set(["job_stalled", "job_unknown"])

/** Clocks of two hosts differ by less. Milliseconds. */
const SKEW = Duration.toMillis("20 minutes")

/** The same condition, as this host's own where several share the journal: another host may be well. */
export const ofThisHost =
  (night: NightFacts) =>
  (condition: Condition): Condition => {
    const here = fleetOf(night)?.here
    if (here === undefined || !OF_HOST.has(condition.kind)) return condition
    return { ...condition, key: `${condition.key} on ${here.name}`, host: here.name }
  }

/** The same facts with the answers of providers on this host only: another host may have other providers. */
export const withOwnChecks = (night: NightFacts): NightFacts => {
  const fleet = fleetOf(night)
  if (fleet === undefined) return night
  const journal = Either.map(night.journal, (facts) => {
    const elsewhere = new Set(facts.runs.flatMap(({ host, run }) => (host === fleet.here?.name ? [] : [run])))
    return { ...facts, checks: facts.checks.filter(({ run }) => !elsewhere.has(run)) }
  })
  return { ...night, journal }
}

/** Whether the newest answer of a provider is one of another host, so this host's own is not known. */
const hasOtherChecks = (night: NightFacts): boolean => {
  const checksOf = ({ journal }: NightFacts) =>
    Either.match(journal, { onLeft: () => 0, onRight: ({ checks }) => checks.length })
  return checksOf(withOwnChecks(night)) < checksOf(night)
}

/** What became of an open condition that is about one host of the fleet, or that one host alone can judge; `undefined` of others. */
export const fateInFleet = (night: NightFacts, { condition, since }: OpenCondition): Fate | undefined => {
  const fleet = fleetOf(night)
  const { beads, host, key, kind } = condition
  if (fleet === undefined) return undefined
  if (kind === "host_holds") return "dropped"
  if (kind === "host_unseen") {
    const about = fleet.hosts.find((each) => key === `${kind} ${shownName(fleet.hosts, each)}`)
    if (about?.state !== "active") return "dropped"
    // By another clock its next run may not have been due yet.
    return night.now - about.seenAgo > since + SKEW ? "over" : "unknown"
  }
  if (OF_JOBS.has(kind)) {
    const attempt = openOf(night).find((each) => each.beads === beads)
    return attempt !== undefined && fleet.elsewhere(attempt.actor) !== undefined ? "unknown" : undefined
  }
  if (!OF_HOST.has(kind)) return undefined
  // It was told before there was a second host.
  if (host === undefined) return "dropped"
  if (host !== fleet.here?.name) {
    return fleet.hosts.some(({ name, state }) => name === host && state !== "evicted") ? "unknown" : "dropped"
  }
  return kind === "no_provider" && hasOtherChecks(night) ? "unknown" : undefined
}
