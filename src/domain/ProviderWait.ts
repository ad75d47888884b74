import { isMistaken } from "./BootClock.ts"
import { pauseAfter } from "./Health.ts"
import { neededInWords, type Needed } from "./Needed.ts"
import { sinceLastGood, type ProviderResult, type ProviderResults } from "./ProviderResult.ts"
import type { ProviderName } from "./Provider.ts"
import type { Retry } from "./Retry.ts"
import type { ProviderCheck } from "./RunReport.ts"
import { whenOf, type Zone } from "./times.ts"

/** Why a provider is not asked. */
export interface Wait {
  /** When it is asked again. Milliseconds since the epoch. */
  readonly until: number
  /** What it needs from a person; absent if it waits for the end of a limit. */
  readonly needs?: {
    readonly needed: Needed
    /** Its latest job that ended so. `at`: milliseconds since the epoch. */
    readonly last: Pick<ProviderResult, "at" | "beads">
    /** How often it was tried: jobs that ran at the same time are one try. */
    readonly tries: number
  }
}

/** The providers that wait. */
export type Waits = ReadonlyMap<ProviderName, Wait>

/** A provider's answer to a preflight, and when it was given. Milliseconds since the epoch. */
interface Checked {
  readonly at: number
  readonly check: ProviderCheck
}

/**
 * The wait of a provider whose jobs end because it needs a login: the longer, the more of them ended so since the last good job.
 * A `retry` of one of their bugs says that the login is there.
 */
const loginWait = (recent: ReadonlyArray<ProviderResult>, retries: ReadonlyArray<Retry>): Wait | undefined => {
  const ended = recent.filter(({ kind }) => kind === "login")
  const retried = retries.filter(({ beads }) => ended.some((end) => end.beads === beads)).map(({ at }) => at)
  const open = ended.filter(({ at }) => at > Math.max(...retried))
  const { tries, until } = open.reduce(
    (wait, { at }) => (at < wait.until ? wait : { tries: wait.tries + 1, until: at + pauseAfter(wait.tries + 1) }),
    { tries: 0, until: Number.NEGATIVE_INFINITY }
  )
  const last = open.at(-1)
  return last?.needs && { until, needs: { needed: last.needs, last, tries } }
}

/**
 * The providers that need a login, and those that said until when a limit holds, with the end of a job or the answer to a preflight.
 * What was said last counts, until a job ends well. `now`: milliseconds since the epoch.
 *
 * @example
 * waitsOf(yield* recentResults, yield* queries.checks, yield* journal.retries, now).get(opencode)
 */
export const waitsOf = (
  ends: ProviderResults,
  checks: ReadonlyArray<Checked>,
  retries: ReadonlyArray<Retry>,
  now: number
): Waits => {
  const waits = new Map<ProviderName, Wait>()
  for (const provider of new Set([...ends.keys(), ...checks.map(({ check }) => check.provider)])) {
    const results = ends.get(provider) ?? []
    const recent = sinceLastGood(results)
    const good = results.at(-1 - recent.length)?.at ?? Number.NEGATIVE_INFINITY
    const answers = checks
      .filter(({ at, check }) => check.provider === provider && at > good && !isMistaken(at, now))
      .map(({ at, check: { freeAt } }) => ({ at, freeAt }))
    const said = [...recent, ...answers].filter(({ freeAt }) => freeAt !== undefined)
    const last = said.reduce((latest, each) => (each.at >= latest.at ? each : latest), { at: good, freeAt: 0 })
    if (last.freeAt !== undefined && last.freeAt > now) waits.set(provider, { until: last.freeAt })
    const login = loginWait(recent, retries)
    if (login !== undefined && login.until > now) waits.set(provider, login)
  }
  return waits
}

/**
 * Why a provider is not asked.
 *
 * @example
 * waitInWords({ until }, { now, zone: localZone }) // "rate limited until 15:00 (in 2 h 3 min), as it said itself"
 */
export const waitInWords = ({ needs, until }: Wait, place: { readonly now: number; readonly zone: Zone }): string =>
  needs === undefined
    ? `rate limited until ${whenOf(until, place)}, as it said itself`
    : `${neededInWords(needs.needed)}; then: retry ${needs.last.beads}. Without that it is tried again ${whenOf(until, place)}`
