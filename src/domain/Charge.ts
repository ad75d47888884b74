import { Duration } from "effect"
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

/** A job that failed so shortly before or after an end that shows that the provider did not work probably failed for the same reason. */
const NEAR = Duration.minutes(30)

/** Whether the provider did not work when a job failed: see `NEAR`; or it did not before, and did not after. */
const wasDown = (at: number, between: ReadonlyArray<ProviderResult>): boolean => {
  const evidence = between.filter(({ kind }) => kind === "evidence" || kind === "login")
  const isNear = evidence.some((end) => Math.abs(end.at - at) <= Duration.toMillis(NEAR))
  return isNear || (evidence.some((end) => end.at < at) && evidence.some((end) => end.at > at))
}

/**
 * What a provider's other jobs say about one of its failed jobs. `down`: it did not work at that time. `perhaps`: it has recovered
 * since, from something that nothing proves. `works`: it did a good job for another bug afterwards. `open`: nothing yet.
 */
const judge = (
  { at, beads }: ProviderResult,
  ends: ReadonlyArray<ProviderResult>
): "down" | "perhaps" | "works" | "open" => {
  const goods = ends.filter((end) => end.kind === "good" && end.beads !== beads)
  const before = goods.findLast((good) => good.at <= at)?.at ?? Number.NEGATIVE_INFINITY
  const next = goods.find((good) => good.at > at)
  const between = ends.filter((end) => end.at > before && end.at < (next?.at ?? Number.POSITIVE_INFINITY))
  if (wasDown(at, between)) return "down"
  if (next === undefined) return "open"
  // A bug that failed earlier, while the provider worked, is hard: it says nothing of the provider.
  const hard = new Set(ends.flatMap((end) => (end.at <= before && end.kind === "bad" ? [end.beads] : [])))
  const failed = failedBugs(between).filter((end) => !hard.has(end.beads))
  return next.probe || failed.length >= MANY_BUGS ? "perhaps" : "works"
}

const STATES = { down: "taken_back", perhaps: "taken_back", works: "final", open: "provisional" } as const

/**
 * The charges of one bug, from its attempts (oldest first) and the ends of all providers' jobs. A charge is taken back if evidence
 * shows that the provider did not work at that time. It is also taken back if many bugs failed in a row, or a bug on hold was tried,
 * and then the provider does a good job. A charge becomes final if the provider does a good job for another bug without that, or if
 * a second provider fails with the bug too.
 *
 * @example
 * chargesOf(yield* journal.of(id), taskDigest(issue), providerResults(recent, now))
 */
export const chargesOf = (
  attempts: ReadonlyArray<Attempt>,
  digest: string,
  ends: ProviderResults
): ReadonlyArray<Charge> => {
  const charged = attempts.flatMap((attempt) => chargedEnd(attempt, digest) ?? [])
  const judged = charged.map((result) => {
    const { at, provider } = result
    return { provider, at, judgement: judge(result, ends.get(provider) ?? []) }
  })
  const failing = new Set(judged.flatMap(({ judgement, provider }) => (judgement === "down" ? [] : [provider])))
  return judged.map(({ at, judgement, provider }) => ({
    provider,
    at,
    state: failing.size >= 2 && judgement !== "down" ? "final" : STATES[judgement]
  }))
}
