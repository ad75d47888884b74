import type { Attempt } from "./Attempt.ts"
import { failedBugs, providerResultOf, MANY_BUGS, type ProviderResult, type ProviderResults } from "./ProviderResult.ts"
import type { ProviderName } from "./Provider.ts"

/**
 * One failed job, charged against its bug. `provisional`: the bug or the provider may be at fault. `final`: the bug is.
 * `taken_back`: the provider was, so it does not count. Provisional and final charges use up the bug's attempts.
 */
export interface Charge {
  readonly provider: ProviderName
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly state: "provisional" | "final" | "taken_back"
}

/** The end of the attempt's job, if it is charged: it may be the bug's fault. An attempt without a job is never charged. */
const chargedEnd = (attempt: Attempt, digest: string): ProviderResult | undefined => {
  if (attempt.phase !== "settled" || attempt.cleared === true || attempt.digest !== digest) return undefined
  const end = providerResultOf(attempt)
  return end?.kind === "bad" && !end.probe ? end : undefined
}

/** What a provider's other jobs say about one of its failed jobs. */
const judge = ({ at, beads }: ProviderResult, ends: ReadonlyArray<ProviderResult>): Charge["state"] => {
  const goods = ends.filter((end) => end.kind === "good" && end.beads !== beads)
  const before = goods.findLast((good) => good.at <= at)?.at ?? Number.NEGATIVE_INFINITY
  const next = goods.find((good) => good.at > at)
  const between = ends.filter((end) => end.at > before && end.at < (next?.at ?? Number.POSITIVE_INFINITY))
  if (between.some(({ kind }) => kind === "evidence")) return "taken_back"
  if (next === undefined) return "provisional"
  // Many bugs failed in a row until one did not: the provider has recovered.
  return next.probe || failedBugs(between).length >= MANY_BUGS ? "taken_back" : "final"
}

/**
 * The charges of one bug, from its attempts (oldest first) and the ends of all providers' jobs. A provider's evidence takes its
 * charges back, from its last good job on to its next one. A charge becomes final when the provider then does a good job for
 * another bug, or when a second provider fails with the bug too.
 *
 * @example
 * chargesOf(yield* journal.of(id), digest(description), providerResults(recent, now))
 */
export const chargesOf = (
  attempts: ReadonlyArray<Attempt>,
  digest: string,
  ends: ProviderResults
): ReadonlyArray<Charge> => {
  const charged = attempts.flatMap((attempt) => chargedEnd(attempt, digest) ?? [])
  const charges = charged.map((result): Charge => {
    const { at, provider } = result
    return { provider, at, state: judge(result, ends.get(provider) ?? []) }
  })
  const counted = new Set(charges.flatMap(({ provider, state }) => (state === "taken_back" ? [] : [provider])))
  if (counted.size < 2) return charges
  return charges.map(({ at, provider, state }) => ({
    provider,
    at,
    state: state === "provisional" ? "final" : state
  }))
}
