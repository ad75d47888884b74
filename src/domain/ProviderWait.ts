import { isMistaken } from "./BootClock.ts"
import { pauseAfter } from "./Health.ts"
import type { BeadsId } from "./Ids.ts"
import { neededInWords, type Needed } from "./Needed.ts"
import { sinceLastGood, type ProviderResult, type ProviderResults } from "./ProviderResult.ts"
import type { ProviderName } from "./Provider.ts"
import type { Retry } from "./Retry.ts"
import type { ProviderCheck } from "./RunReport.ts"
import { whenOf, type Zone } from "./times.ts"

/** What a provider needs before its jobs can do anything. */
export interface LoginNeeded {
  readonly needed: Needed
  /** When it is tried again without a person. Milliseconds since the epoch. */
  readonly until: number
  /** How often it was tried: jobs that ran at the same time are one try. */
  readonly tries: number
  /** The bug whose `retry` says that the login is there; `undefined` if none of its bugs waits for a job. */
  readonly retry: BeadsId | undefined
}

/** Why a provider is not asked. */
export interface Wait {
  /** When it is asked again. Milliseconds since the epoch. */
  readonly until: number
  /** Absent if it waits for the end of a limit. */
  readonly login?: LoginNeeded
}

/** The providers that wait. */
export type Waits = ReadonlyMap<ProviderName, Wait>

/** A provider's answer to a preflight, and when it was given. Milliseconds since the epoch. */
interface Checked {
  readonly at: number
  readonly check: ProviderCheck
}

/**
 * The providers whose jobs end because they need a login, until one ends well, or until a `retry` of one of their bugs says that the
 * login is there. They are tried again after waits, the longer, the more tries ended so.
 */
export const loginsNeeded = (
  ends: ProviderResults,
  retries: ReadonlyArray<Retry>
): ReadonlyMap<ProviderName, LoginNeeded> => {
  const goods = [...ends.values()].flat().filter(({ kind }) => kind === "good")
  const isSolved = ({ at, beads }: ProviderResult) => goods.some((good) => good.beads === beads && good.at > at)
  const found = new Map<ProviderName, LoginNeeded>()
  for (const [provider, results] of ends) {
    const ended = sinceLastGood(results).filter(({ kind }) => kind === "login")
    const retried = retries.filter(({ beads }) => ended.some((end) => end.beads === beads)).map(({ at }) => at)
    const open = ended.filter(({ at }) => at > Math.max(...retried))
    const needed = open.at(-1)?.needs
    if (needed === undefined) continue
    const tried = open.reduce(
      (wait, { at }) => (at < wait.until ? wait : { tries: wait.tries + 1, until: at + pauseAfter(wait.tries + 1) }),
      { tries: 0, until: Number.NEGATIVE_INFINITY }
    )
    found.set(provider, { ...tried, needed, retry: open.findLast((end) => !isSolved(end))?.beads })
  }
  return found
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
  const logins = loginsNeeded(ends, retries)
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
    const login = logins.get(provider)
    if (login !== undefined && login.until > now) waits.set(provider, { until: login.until, login })
  }
  return waits
}

/**
 * Why a provider is not asked.
 *
 * @example
 * waitInWords({ until }, { now, zone: localZone }) // "rate limited until 15:00 (in 2 h 3 min), as it said itself"
 */
export const waitInWords = ({ login, until }: Wait, place: { readonly now: number; readonly zone: Zone }): string =>
  login === undefined
    ? `rate limited until ${whenOf(until, place)}, as it said itself`
    : `${loginInWords(login)}. Without that it is tried again ${whenOf(until, place)}`

/** What to do about a login, and how to say that it is done. */
export const loginInWords = ({ needed, retry }: LoginNeeded): string =>
  `${neededInWords(needed)}${retry === undefined ? "" : `; then: nightly-dispatch retry ${retry}`}`
