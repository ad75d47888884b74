import { isMistaken } from "./BootClock.ts"
import { sinceLastGood, type ProviderResults } from "./ProviderResult.ts"
import type { ProviderName } from "./Provider.ts"
import type { ProviderCheck } from "./RunReport.ts"
import { whenOf, type Zone } from "./times.ts"

/** When each provider that waits is asked again. Milliseconds since the epoch. */
export type Waits = ReadonlyMap<ProviderName, number>

/** A provider's answer to a preflight, and when it was given. Milliseconds since the epoch. */
interface Checked {
  readonly at: number
  readonly check: ProviderCheck
}

/**
 * The providers that said until when a limit holds, with the end of a job or the answer to a preflight. What was said last counts,
 * until a job ends well. `now`: milliseconds since the epoch.
 *
 * @example
 * waitsOf(yield* recentResults, yield* queries.checks, now).get(opencode)
 */
export const waitsOf = (ends: ProviderResults, checks: ReadonlyArray<Checked>, now: number): Waits => {
  const waits = new Map<ProviderName, number>()
  for (const provider of new Set([...ends.keys(), ...checks.map(({ check }) => check.provider)])) {
    const results = ends.get(provider) ?? []
    const recent = sinceLastGood(results)
    const good = results.at(-1 - recent.length)?.at ?? Number.NEGATIVE_INFINITY
    const answers = checks
      .filter(({ at, check }) => check.provider === provider && at > good && !isMistaken(at, now))
      .map(({ at, check: { freeAt } }) => ({ at, freeAt }))
    const said = [...recent, ...answers].filter(({ freeAt }) => freeAt !== undefined)
    const last = said.reduce((latest, each) => (each.at >= latest.at ? each : latest), { at: good, freeAt: 0 })
    if (last.freeAt !== undefined && last.freeAt > now) waits.set(provider, last.freeAt)
  }
  return waits
}

/**
 * Why a provider is not asked.
 *
 * @example
 * waitInWords(freeAt, { now, zone: localZone }) // "rate limited until 15:00 (in 2 h 3 min), as it said itself"
 */
export const waitInWords = (freeAt: number, place: { readonly now: number; readonly zone: Zone }): string =>
  `rate limited until ${whenOf(freeAt, place)}, as it said itself`
