import { Array as Arr, Duration, Order } from "effect"
import { ackOf, endingOf, type Attempt, type AttemptEnd, type Ending } from "./Attempt.ts"
import { isMistaken } from "./BootClock.ts"
import type { BeadsId } from "./Ids.ts"
import type { Needed } from "./Needed.ts"
import type { ProviderName } from "./Provider.ts"

/** How one job of a provider ended, as far as that tells about the provider. */
export interface ProviderResult {
  readonly provider: ProviderName
  readonly beads: BeadsId
  /**
   * `good`: it left work. `bad`: it failed, and the bug or the provider may be at fault. `evidence`: its end proves that the
   * provider is. `login`: it needs a login from a person, which is charged to nobody.
   */
  readonly kind: "good" | "bad" | "evidence" | "login"
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Its bug was on hold, and was tried to see whether the provider has recovered. */
  readonly probe: boolean
  /** In words. */
  readonly detail: string
  /** The provider said that a limit holds until then. Milliseconds since the epoch. */
  readonly freeAt?: number | undefined
  /** Of `login`. */
  readonly needs?: Needed | undefined
}

/** The ends of each provider's jobs, oldest first. */
export type ProviderResults = ReadonlyMap<ProviderName, ReadonlyArray<ProviderResult>>

/** Older ends are not asked for: they tell little about a provider of today. */
export const RESULTS_WINDOW = Duration.days(8)

const TELLS_NOTHING: ReadonlySet<AttemptEnd> = new Set(["lost", "stopped", "claim_lost"])

/** What this end tells about the provider; `undefined` if it tells nothing. */
export const kindOfResult = ({
  blame,
  end,
  needs
}: Pick<Ending, "blame" | "end" | "needs">): ProviderResult["kind"] | undefined => {
  if (TELLS_NOTHING.has(end)) return undefined
  // A permission or a secret may be needed for this one bug only: see `History`.
  if (end === "needs_human") return needs?.kind === "login" ? "login" : undefined
  if (end === "succeeded") return "good"
  if (blame === "provider") return "evidence"
  return blame === "issue" ? "bad" : undefined
}

/** How the attempt's job ended; `undefined` if it had none, or if its end tells nothing about the provider. */
export const providerResultOf = (attempt: Attempt): ProviderResult | undefined => {
  const [ack, ending] = [ackOf(attempt), endingOf(attempt)]
  const kind = ending === undefined ? undefined : kindOfResult(ending)
  if (ack === undefined || ending === undefined || kind === undefined) return undefined
  const { beads, probe = false, updatedAt: at } = attempt
  return {
    provider: ack.provider,
    beads,
    kind,
    at,
    probe,
    detail: ending.detail,
    freeAt: ending.freeAt,
    needs: ending.needs
  }
}

/** These ends by provider. Leaves out ends that are dated in the future. `now`: milliseconds since the epoch. */
export const resultsByProvider = (results: ReadonlyArray<ProviderResult>, now: number): ProviderResults => {
  const ends = new Map<ProviderName, Array<ProviderResult>>()
  for (const end of Arr.sortWith(results, ({ at }) => at, Order.number)) {
    if (isMistaken(end.at, now)) continue
    const all = ends.get(end.provider) ?? []
    all.push(end)
    ends.set(end.provider, all)
  }
  return ends
}

/**
 * The ends of jobs from attempts in any order. Attempts without a job tell nothing, nor do lost and stopped jobs, nor ends that
 * are dated in the future. `now`: milliseconds since the epoch.
 *
 * @example
 * providerResults(yield* journal.since(now - Duration.toMillis(RESULTS_WINDOW)), now).get(opencode)
 */
export const providerResults = (attempts: ReadonlyArray<Attempt>, now: number): ProviderResults =>
  resultsByProvider(
    attempts.flatMap((attempt) => providerResultOf(attempt) ?? []),
    now
  )

/** How many bugs in a row have to fail before the provider may be at fault. */
export const MANY_BUGS = 3

/** The bugs whose latest job among these did not end well. A job that a missing login ended counts for nothing. */
export const failedBugs = (ends: ReadonlyArray<ProviderResult>): ReadonlyArray<ProviderResult> => {
  const latest = new Map<BeadsId, ProviderResult>()
  for (const end of ends.filter(({ kind }) => kind !== "login")) {
    latest.delete(end.beads)
    latest.set(end.beads, end)
  }
  return [...latest.values()].filter(({ kind }) => kind !== "good")
}

/** A provider's ends since its last good job. */
export const sinceLastGood = (ends: ReadonlyArray<ProviderResult>): ReadonlyArray<ProviderResult> =>
  ends.slice(ends.findLastIndex(({ kind }) => kind === "good") + 1)

/** Whether a provider may be at fault for its latest failures: it has done no good job lately, or many bugs have failed since. */
export const isDoubtful = (ends: ReadonlyArray<ProviderResult>): boolean => {
  const recent = sinceLastGood(ends)
  return recent.length === ends.length || failedBugs(recent).length >= MANY_BUGS
}
