import { Array as Arr, Duration, Order } from "effect"
import { isMistaken } from "./BootClock.ts"
import { ackOf, endingOf, type Attempt } from "./Attempt.ts"
import type { BeadsId } from "./Ids.ts"
import type { ProviderChain, ProviderName } from "./Provider.ts"

// Our own choice: if the jobs of three bugs fail in one night, the provider is on probation for this night and the next. If
// another job fails right after its probation, it is on probation again.
const HALF_LIFE = Duration.hours(48)
const THRESHOLD = 2

/** Older outcomes weigh too little to matter. */
export const HEALTH_WINDOW = Duration.days(8)

/** A provider whose jobs keep failing, although its preflight may pass. */
export interface Probation {
  readonly provider: ProviderName
  /** Bugs whose job with this provider failed since its last good job. */
  readonly failures: number
  /** Milliseconds since the epoch at which probation ends without a good job, because failures weigh less with time. */
  readonly until: number
  /** How its latest job ended, in words. */
  readonly latest: string
}

interface JobOutcome {
  readonly good: boolean
  readonly at: number
  readonly detail: string
}

/** The outcome of the attempt's job, for its provider; `undefined` if there was no job, or if its result is unknown. */
const jobOutcome = (attempt: Attempt): (JobOutcome & { readonly provider: ProviderName }) | undefined => {
  const [ack, ending] = [ackOf(attempt), endingOf(attempt)]
  return ack === undefined || ending === undefined || ending.end === "lost"
    ? undefined
    : { provider: ack.provider, good: ending.end === "succeeded", at: attempt.updatedAt, detail: ending.detail }
}

/**
 * The latest outcome of each provider with each bug, oldest first. Only the latest counts: a bug that no provider can
 * solve must not weigh more with each try.
 */
const latestOutcomes = (attempts: ReadonlyArray<Attempt>) => {
  const outcomes = new Map<ProviderName, Map<BeadsId, JobOutcome>>()
  for (const attempt of Arr.sortWith(attempts, ({ updatedAt }) => updatedAt, Order.number)) {
    const outcome = jobOutcome(attempt)
    if (outcome === undefined) continue
    const bugs = outcomes.get(outcome.provider) ?? new Map<BeadsId, JobOutcome>()
    bugs.delete(attempt.beads)
    outcomes.set(outcome.provider, bugs.set(attempt.beads, outcome))
  }
  return outcomes
}

const weight = (age: number): number => 2 ** (-Math.max(0, age) / Duration.toMillis(HALF_LIFE))

/**
 * The providers on probation. Each bug whose job failed since the provider's last good job weighs 1, and half as much after
 * 48 hours; a provider with more than 2 in all is on probation. Lost jobs do not count, nor do outcomes that are dated in the
 * future. `now`: milliseconds since the epoch.
 */
export const probations = (attempts: ReadonlyArray<Attempt>, now: number): ReadonlyMap<ProviderName, Probation> => {
  const onProbation = new Map<ProviderName, Probation>()
  const dated = attempts.filter(({ updatedAt }) => !isMistaken(updatedAt, now))
  for (const [provider, bugs] of latestOutcomes(dated)) {
    const failures = Arr.takeWhile(Arr.reverse(bugs.values()), ({ good }) => !good)
    const weights = failures.reduce((sum, { at }) => sum + weight(now - at), 0)
    const latest = failures[0]
    if (latest === undefined || weights <= THRESHOLD) continue
    const until = now + Duration.toMillis(HALF_LIFE) * Math.log2(weights / THRESHOLD)
    onProbation.set(provider, { provider, failures: failures.length, until, latest: latest.detail })
  }
  return onProbation
}

/** The chain with the providers on probation last, otherwise in its own order. */
export const byHealth = (chain: ProviderChain, probation: ReadonlyMap<ProviderName, Probation>): ProviderChain =>
  Arr.sortWith(chain, ({ name }) => probation.has(name), Order.boolean)
