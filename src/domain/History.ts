import { Duration } from "effect"
import { ackOf, endingOf, waitsForReview, workspaceOf, type Attempt } from "./Attempt.ts"
import { chargesOf, type Charge } from "./Charge.ts"
import type { Needed } from "./Needed.ts"
import type { ProviderResults } from "./ProviderResult.ts"
import type { ProviderName } from "./Provider.ts"

/** The wait after the first failure; each further failure doubles it. */
const FIRST_WAIT = Duration.hours(1)
/** No bug waits longer than this for its next attempt. */
export const LONGEST_WAIT = Duration.hours(24)

/** What a provider needs before it can work on one bug. */
export interface NeededFor {
  readonly needed: Needed
  /** Milliseconds since the epoch before which it is not tried again with this bug. */
  readonly until: number
}

/** The effects of earlier attempts at one bug on the next. */
export interface BugHistory {
  /** Attempts used up: the failed jobs that count against the bug. */
  readonly failures: number
  /** The providers that may be at fault for some of these instead. */
  readonly suspects: ReadonlySet<ProviderName>
  /** The providers whose failed job counts against the bug: another one is tried first. */
  readonly failedWith: ReadonlySet<ProviderName>
  /** The providers that need a permission or a secret from a person before they can work on this bug. */
  readonly needs: ReadonlyMap<ProviderName, NeededFor>
  /** Attempts in a row that never got a job. They use up nothing, but the bug is tried after the others. */
  readonly tries: number
  /** Milliseconds since the epoch before which the bug is not tried again; 0 if it need not wait. */
  readonly notBefore: number
  /** Milliseconds since the epoch of its latest attempt; 0 if there is none. */
  readonly latest: number
  /** How often it was tried while it was on hold. */
  readonly probes: number
  /** The location of work that could not be marked for review in the tracker; `undefined` if there is none. */
  readonly unreviewed: string | undefined
  /** A person rejected the work of its latest attempt. */
  readonly rejected: boolean
}

/** The history of a bug that was never tried. */
export const NEVER_TRIED: BugHistory = {
  failures: 0,
  suspects: new Set(),
  failedWith: new Set(),
  needs: new Map(),
  tries: 0,
  notBefore: 0,
  latest: 0,
  probes: 0,
  unreviewed: undefined,
  rejected: false
}

/**
 * How each ended job of the bug ended, oldest first, in words for the next prompt. Tries that never got a job are none.
 *
 * @example
 * earlierJobs([attempt]) // ["attempt 1 by opencode: succeeded; …"]
 */
export const earlierJobs = (attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> =>
  attempts
    .flatMap((attempt) => {
      const [ack, ending, branch] = [ackOf(attempt), endingOf(attempt), workspaceOf(attempt)?.branch]
      if (ack === undefined || ending === undefined) return []
      const facts = [ending.detail, ...(branch === undefined ? [] : [`its branch was ${branch}`])]
      return [[`by ${ack.provider}: ${ending.end}`, ...facts].join("; ")]
    })
    .map((text, index) => `attempt ${index + 1} ${text}`)

/** The time after the latest of these failures before which the bug is not tried again: 1 h, 2 h, 4 h … up to a day. */
const waitAfter = (failures: ReadonlyArray<{ readonly at: number }>): number => {
  const last = failures.at(-1)
  if (last === undefined) return 0
  const wait = Duration.min(Duration.times(FIRST_WAIT, 2 ** Math.min(failures.length - 1, 10)), LONGEST_WAIT)
  return last.at + Duration.toMillis(wait)
}

const providersOf = (charges: ReadonlyArray<Charge>, ...states: ReadonlyArray<Charge["state"]>) =>
  new Set(charges.filter(({ state }) => states.includes(state)).map(({ provider }) => provider))

/** What each provider needs from a person for this bug, from its latest jobs at this task. A login is the provider's: see `waitsOf`. */
const needsOf = (settled: ReadonlyArray<Attempt>, digest: string): BugHistory["needs"] => {
  const asked = new Map<ProviderName, ReadonlyArray<{ readonly needed: Needed; readonly at: number }>>()
  for (const attempt of settled) {
    const [ack, ending, at] = [ackOf(attempt), endingOf(attempt), attempt.updatedAt]
    if (ack === undefined || attempt.digest !== digest || ending?.needs?.kind === "login") continue
    const before = asked.get(ack.provider) ?? []
    asked.set(ack.provider, ending?.needs === undefined ? [] : [...before, { needed: ending.needs, at }])
  }
  return new Map(
    [...asked].flatMap(([provider, ends]) => {
      const needed = ends.at(-1)?.needed
      return needed === undefined ? [] : [[provider, { needed, until: waitAfter(ends) }] as const]
    })
  )
}

/**
 * The history of one bug, from its attempts (oldest first), the digest of its task, and the ends of all providers' jobs.
 * After a failed job that counts against it, the bug waits 1 h, 2 h, 4 h … up to a day; the same from the second try in a row on
 * that failed through its own fault before it got a job. Failures at an older task do not count.
 *
 * @example
 * historyOf([attempt], taskDigest(issue), new Map()).failures
 */
export const historyOf = (attempts: ReadonlyArray<Attempt>, digest: string, ends: ProviderResults): BugHistory => {
  const charges = chargesOf(attempts, digest, ends)
  const counted = charges.filter(({ state }) => state !== "taken_back")
  const settled = attempts.filter((attempt) => attempt.phase === "settled" && attempt.cleared !== true)
  const withJob = settled.findLastIndex((attempt) => ackOf(attempt) !== undefined)
  const tries = settled.slice(withJob + 1)
  const ownTries = tries.filter((attempt) => endingOf(attempt)?.blame === "issue" && attempt.digest === digest)
  const last = settled.at(-1)
  const isUnreviewed =
    last?.phase === "settled" &&
    last.rejected !== true &&
    waitsForReview(last) &&
    last.digest === digest &&
    last.review === "journal"
  return {
    failures: counted.length,
    suspects: providersOf(charges, "provisional"),
    failedWith: providersOf(charges, "provisional", "final"),
    needs: needsOf(settled, digest),
    tries: tries.length,
    notBefore: Math.max(waitAfter(counted), waitAfter(ownTries.slice(1).map(({ updatedAt: at }) => ({ at })))),
    latest: last?.updatedAt ?? 0,
    probes: settled.filter(({ probe }) => probe === true).length,
    unreviewed: isUnreviewed ? last.detail : undefined,
    rejected: last?.phase === "settled" && last.rejected === true && last.digest === digest
  }
}
