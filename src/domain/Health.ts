import { Array as Arr, Duration, Order } from "effect"
import type { Attempt } from "./Attempt.ts"
import type { BeadsId } from "./Ids.ts"
import type { ProviderChain, ProviderName } from "./Provider.ts"

// Our own figures. Three bugs that come to nothing in one night put a provider on probation for that night and the next
// one; a provider that has had its time and fails once more is on probation again.
const HALF_LIFE = Duration.hours(48)
const THRESHOLD = 2

/** How far back outcomes are looked at: what is older weighs too little to matter. */
export const HEALTH_WINDOW = Duration.days(8)

/** A provider whose jobs keep coming to nothing, although its preflight may pass. */
export interface Probation {
  readonly provider: ProviderName
  /** Bugs whose job with it came to nothing since its last good one. */
  readonly failures: number
  /** Milliseconds since the epoch at which it is over without a good job: its failures weigh less with time. */
  readonly until: number
  /** What became of its latest job, in words. */
  readonly latest: string
}

interface JobOutcome {
  readonly good: boolean
  readonly at: number
  readonly detail: string
}

/** What this attempt says of the provider that had its job; nothing when there was none, or nobody knows how it ended. */
const outcome = ({ ack, detail = "", end, updatedAt }: Attempt): JobOutcome | undefined =>
  ack === undefined || end === undefined || end === "lost"
    ? undefined
    : { good: end === "succeeded", at: updatedAt, detail }

/** The latest outcome of each provider with each bug: a bug that nobody can solve tells nothing more of a provider each time. */
const outcomes = (attempts: ReadonlyArray<Attempt>) => {
  const known = new Map<ProviderName, Map<BeadsId, JobOutcome>>()
  for (const attempt of Arr.sortWith(attempts, ({ updatedAt }) => updatedAt, Order.number)) {
    const told = outcome(attempt)
    if (told === undefined || attempt.ack === undefined) continue
    const bugs = known.get(attempt.ack.provider) ?? new Map<BeadsId, JobOutcome>()
    bugs.delete(attempt.beads)
    known.set(attempt.ack.provider, bugs.set(attempt.beads, told))
  }
  return known
}

const weight = (age: number): number => 2 ** (-Math.max(0, age) / Duration.toMillis(HALF_LIFE))

/**
 * The providers on probation: those with bugs that came to nothing since their last good job, each weighing half as much
 * after 48 hours, and together more than 2. Lost jobs say nothing of a provider. `now` is in milliseconds since the epoch.
 */
export const probations = (attempts: ReadonlyArray<Attempt>, now: number): ReadonlyMap<ProviderName, Probation> => {
  const found = new Map<ProviderName, Probation>()
  for (const [provider, bugs] of outcomes(attempts)) {
    const failures = Arr.takeWhile(Arr.reverse(bugs.values()), ({ good }) => !good)
    const weights = failures.reduce((sum, { at }) => sum + weight(now - at), 0)
    const latest = failures[0]
    if (latest === undefined || weights <= THRESHOLD) continue
    const until = now + Duration.toMillis(HALF_LIFE) * Math.log2(weights / THRESHOLD)
    found.set(provider, { provider, failures: failures.length, until, latest: latest.detail })
  }
  return found
}

/** The chain with the providers on probation at its end; otherwise in its own order. */
export const byHealth = (chain: ProviderChain, probation: ReadonlyMap<ProviderName, Probation>): ProviderChain =>
  Arr.sortWith(chain, ({ name }) => probation.has(name), Order.boolean)
