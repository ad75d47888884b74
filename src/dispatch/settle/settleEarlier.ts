import { Clock, Duration, Effect, Option } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ACTOR_PREFIX } from "../../domain/Actor.ts"
import { bootMillis } from "../../domain/BootClock.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { withRedactedLogs } from "../../domain/redactedLogs.ts"
import { Journal } from "../../journal/Journal.ts"
import type { PromptStore } from "../../prompt/PromptStore.ts"
import { findOrphans } from "./orphans.ts"
import { pushKept } from "./pushKept.ts"
import { settleOne, type OpenAttempt } from "./settleOne.ts"
import { stillOpen, type Claims, type Settlement, type SettleServices } from "./settlement.ts"
import { sweepPrompts } from "./sweepPrompts.ts"

/** The result of settling the attempts of earlier runs. */
export interface SettleReport {
  readonly settled: ReadonlyArray<Settlement>
  /** Bugs whose attempts are not over: their job runs, or their state cannot be known yet. */
  readonly open: ReadonlySet<BeadsId>
  /** `EXIT.failed` if an attempt was settled although its job may still work. */
  readonly exit: typeof EXIT.ok | typeof EXIT.failed
}

/** The report of a dry run, which settles nothing. */
export const NOTHING_SETTLED: SettleReport = { settled: [], open: new Set(), exit: EXIT.ok }

/** Dispatchers' claims in the tracker; `None` if they cannot be read. */
export const readClaims: Effect.Effect<Option.Option<Claims>, never, BeadsCli> = Effect.flatMap(BeadsCli, (beads) =>
  beads.claimsOf(ACTOR_PREFIX)
).pipe(
  Effect.tapError(({ message }) =>
    Effect.logWarning(`cannot look for claims of lost runs, so they stay for the next run: ${message}`)
  ),
  Effect.option
)

/** What earlier runs left: the open attempts and the orphans, and dispatchers' claims (`None`: they cannot be read). */
const findEarlier = Effect.fn("settle.find")(function* (options: RunOptions) {
  const journal = yield* Journal
  const recorded = yield* journal.open
  const found = yield* readClaims
  const orphans = yield* findOrphans(
    Option.getOrElse(found, (): Claims => []),
    options
  )
  const attempts: ReadonlyArray<OpenAttempt> = [
    ...recorded.map((attempt) => ({ attempt, lastSign: attempt.updatedAt })),
    ...orphans
  ]
  return { attempts, found }
})

/** Runs a part of the work under the run lock. `None`: a run has the lock, and does it. */
export type Part = <A, E, R>(
  work: Effect.Effect<A, E, R>
) => Effect.Effect<Option.Option<A>, E | JournalFailed, R | Journal>

/**
 * Settles the open attempts of earlier runs and the orphans, as far as the runner and the tracker can tell, and removes the
 * prompt files of ended jobs. Doing it twice changes nothing. Attempts for which `timeouts.run` leaves no time stay open.
 * `None` if a run is active from the first part on. `atOnce` attempts are settled at a time, those of one bug never together.
 */
export const settleInParts = Effect.fn("settle")(function* (
  options: RunOptions,
  part: Part,
  atOnce = 1
): Effect.fn.Return<Option.Option<SettleReport>, JournalFailed, SettleServices | PromptStore> {
  const { timeouts } = yield* CurrentSettings
  const begin = yield* Clock.currentTimeMillis
  const deadline = (yield* bootMillis) + Duration.toMillis(timeouts.run)
  const earlier = yield* part(findEarlier(options))
  if (Option.isNone(earlier)) return Option.none()
  const { attempts, found } = earlier.value
  const claims = Option.getOrElse(found, (): Claims => [])
  const ofBug = keyedMutex<BeadsId>()
  const settle = (open: OpenAttempt) =>
    part(settleOne(options, open, claims, { deadline, mayAbandon: true })).pipe(
      Effect.map(Option.getOrElse(() => stillOpen(open.attempt, "a run is active, which settles it"))),
      Effect.tap((result) =>
        result?._tag !== "Open"
          ? Effect.void
          : result.theirs === undefined
            ? Effect.logWarning(`${result.attempt.beads}: not settled yet, the next run tries again: ${result.why}`)
            : Effect.logInfo(`${result.attempt.beads}: left alone: ${result.why}`)
      ),
      ofBug(open.attempt.beads)
    )
  const results = yield* Effect.forEach(attempts, settle, { concurrency: atOnce })
  const settled = results.filter((result) => result !== undefined)
  yield* part(sweepPrompts(settled, { begin, knowsClaims: Option.isSome(found) }))
  yield* pushKept(options, part)
  const open = new Set(settled.flatMap(({ _tag, attempt }) => (_tag === "Ended" ? [] : [attempt.beads])))
  const mayRun = settled.some((result) => result._tag === "Ended" && result.mayRun === true)
  return Option.some({ settled, open, exit: mayRun ? EXIT.failed : EXIT.ok })
})

/** Each calls the tracker, the runner and git, one after the other. More at a time would only wait for each other on a small host. */
const AT_ONCE = 4

/**
 * `settleInParts` by a caller that holds the run lock.
 *
 * @example
 * Effect.map(settleEarlier(options), ({ open }) => open.size) // the bugs whose attempts are not over
 */
export const settleEarlier = (
  options: RunOptions
): Effect.Effect<SettleReport, JournalFailed, SettleServices | PromptStore> =>
  Effect.map(
    settleInParts(options, Effect.asSome, AT_ONCE),
    Option.getOrElse(() => NOTHING_SETTLED)
  ).pipe(withRedactedLogs)
