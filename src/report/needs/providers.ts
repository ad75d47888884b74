import { Either, Schema } from "effect"
import { probations } from "../../domain/Health.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { neededInWords } from "../../domain/Needed.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { loginsNeeded, waitsOf, type Waits } from "../../domain/ProviderWait.ts"
import { oneLine } from "../../domain/Text.ts"
import { PROVIDER_WINDOW, type NightFacts } from "./NightFacts.ts"

/** How a provider does. */
export const ShownProvider = Schema.Struct({
  provider: ProviderName,
  /** How many of its jobs ended in the last 48 hours, without those that were stopped or lost. */
  jobs: Schema.Int,
  /** How many of these left work. */
  good: Schema.Int,
  /**
   * `needs_human`: it needs a login or a secret, and what to do is in `detail`. `limited`: it said until when a limit holds, and is not asked before. `unavailable`: it failed its last check. `unchecked`: no
   * run has asked it yet. No provider is asked for this.
   */
  now: Schema.Literal("ok", "needs_human", "limited", "probation", "unavailable", "unchecked"),
  /** When the limit ends, when it is tried again without the login, or when probation ends at the latest. Milliseconds since the epoch. */
  until: Schema.optional(Schema.JsonNumber),
  /** When it was last checked. Milliseconds since the epoch. */
  checked: Schema.optional(Schema.JsonNumber),
  /** What it needs, or why it is on probation or unavailable. One line. */
  detail: Schema.optional(Schema.String),
  /** The bug whose `retry` says that the login is there. */
  beads: Schema.optional(BeadsId)
})
export type ShownProvider = typeof ShownProvider.Type

const TELLS_NOTHING = new Set<string | undefined>(["stopped", "lost", "claim_lost", "needs_human"])

/** The providers of the chain, in its order. Empty if the journal cannot be read. */
export const providersOf = ({ journal, now, providerHealth, providers }: NightFacts): ReadonlyArray<ShownProvider> => {
  if (Either.isLeft(journal)) return []
  const { checks, ended, results, retries } = journal.right
  const waits: Waits = providerHealth ? waitsOf(results, checks, retries, now) : new Map()
  const logins = providerHealth ? loginsNeeded(results, retries) : new Map<ProviderName, never>()
  const asked = Math.max(...checks.map(({ at }) => at))
  const onProbation = providerHealth ? probations(results, now) : new Map<ProviderName, never>()
  return providers.map((provider) => {
    const jobs = ended.filter(
      (job) => job.provider === provider && job.changed > now - PROVIDER_WINDOW && !TELLS_NOTHING.has(job.end)
    )
    const [probation, last] = [onProbation.get(provider), checks.find(({ check }) => check.provider === provider)]
    const counts = {
      provider,
      jobs: jobs.length,
      good: jobs.filter(({ end }) => end === "succeeded").length,
      checked: last?.at
    }
    const wait = waits.get(provider)
    const login = logins.get(provider)
    // Of a provider that no run has asked lately nobody knows, and perhaps nobody wants it.
    const needed =
      login?.needed ?? (last?.check.available === false && last.at === asked ? last.check.needs : undefined)
    if (needed !== undefined) {
      const detail = oneLine(neededInWords(needed))
      return { ...counts, now: "needs_human", until: login?.until, detail, beads: login?.retry }
    }
    if (wait !== undefined) return { ...counts, now: "limited", until: wait.until }
    if (last?.check.available === false) return { ...counts, now: "unavailable", detail: oneLine(last.check.detail) }
    if (probation !== undefined) {
      return { ...counts, now: "probation", until: probation.until, detail: oneLine(probation.latest) }
    }
    return { ...counts, now: last === undefined ? "unchecked" : "ok" }
  })
}
