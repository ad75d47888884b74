import { Array as Arr, Duration, Order } from "effect"
import { failedBugs, MANY_BUGS, sinceLastGood, type ProviderResult, type ProviderResults } from "./ProviderResult.ts"
import type { ProviderChain, ProviderName } from "./Provider.ts"

// Our own choices, by `npm run simulate`. Jobs of three bugs that fail in one night put the provider on probation for this
// night and the next. An end that proves the provider's fault does so at once, for a shorter time.
const HALF_LIFE = Duration.hours(48)
const FIRST_PAUSE = Duration.hours(1)
const LONGEST_PAUSE = Duration.hours(12)

/** A provider whose jobs keep failing, although its preflight may pass. */
export interface Probation {
  readonly provider: ProviderName
  /** Bugs whose job with this provider failed since its last good job. */
  readonly failures: number
  /** Milliseconds since the epoch at which probation ends without a good job. */
  readonly until: number
  /** How its latest job ended, in words. */
  readonly latest: string
}

/** Each failed bug weighs 1, and half as much after `HALF_LIFE`. The time at which they weigh less than three bugs of now. */
const untilByBugs = (bugs: ReadonlyArray<ProviderResult>, now: number): number => {
  const weight = ({ at }: ProviderResult) => 2 ** (-Math.max(0, now - at) / Duration.toMillis(HALF_LIFE))
  const weights = bugs.reduce((sum, bug) => sum + weight(bug), 0)
  return weights <= MANY_BUGS - 1 ? now : now + Duration.toMillis(HALF_LIFE) * Math.log2(weights / (MANY_BUGS - 1))
}

/**
 * The milliseconds for which a provider is left alone after so many bad ends: 1 h, 2 h, 4 h … up to 12 h.
 *
 * @example
 * pauseAfter(3) // 14_400_000: 4 hours
 */
export const pauseAfter = (ends: number): number =>
  Duration.toMillis(Duration.min(Duration.times(FIRST_PAUSE, 2 ** Math.min(ends - 1, 10)), LONGEST_PAUSE))

/** After ends that prove the provider's fault. */
const untilByEvidence = (ends: ReadonlyArray<ProviderResult>): number => {
  const evidence = ends.filter(({ kind }) => kind === "evidence")
  return (evidence.at(-1)?.at ?? Number.NEGATIVE_INFINITY) + pauseAfter(evidence.length)
}

/**
 * The providers on probation, from the ends of their jobs since the last good one: three bugs or more have failed within a short
 * time, or an end has proved the provider's fault. `now`: milliseconds since the epoch.
 *
 * @example
 * probations(new Map(), now).size // 0
 */
export const probations = (ends: ProviderResults, now: number): ReadonlyMap<ProviderName, Probation> => {
  const onProbation = new Map<ProviderName, Probation>()
  for (const [provider, all] of ends) {
    const recent = sinceLastGood(all).filter(({ kind }) => kind !== "login")
    const failed = failedBugs(recent)
    const latest = recent.at(-1)
    const bad = failed.filter(({ kind }) => kind === "bad")
    const until = Math.max(untilByBugs(bad, now), untilByEvidence(recent))
    if (latest === undefined || until <= now) continue
    onProbation.set(provider, { provider, failures: failed.length, until, latest: latest.detail })
  }
  return onProbation
}

/**
 * The chain with the providers on probation last, otherwise in its own order.
 *
 * @example
 * byHealth(settings.providers, new Map()) // in its own order
 */
export const byHealth = (chain: ProviderChain, probation: ReadonlyMap<ProviderName, Probation>): ProviderChain =>
  Arr.sortWith(chain, ({ name }) => probation.has(name), Order.boolean)
