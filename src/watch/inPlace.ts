import { Duration, Effect, Either, Option, Ref, Schema, type Scope } from "effect"
import { makeLeaseKeeper, type LeaseKeeper } from "../dispatch/claims/leases.ts"
import { openHere } from "../dispatch/settle/openHere.ts"
import { pushKept } from "../dispatch/settle/pushKept.ts"
import type { SettleServices } from "../dispatch/settle/settlement.ts"
import { isAtWork, type Attempt } from "../domain/Attempt.ts"
import { bootMillis } from "../domain/BootClock.ts"
import { evictionInWords, type Eviction } from "../domain/Eviction.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { Exec } from "../exec/Exec.ts"
import { Fleet } from "../journal/Fleet.ts"
import { forOneJob } from "../journal/exclusively.ts"
import { Journal, type Watcher } from "../journal/Journal.ts"
import type { PromptStore } from "../prompt/PromptStore.ts"
import { endIfEvicted, whenEvicted } from "./evicted.ts"
import { makeSampling, type Sampling } from "./sample.ts"
import { markLost, stateOf, watchJob, type Watching } from "./watchJob.ts"

/** The services that a watcher uses. */
export type WatchServices = SettleServices | PromptStore | Exec

/**
 * Why a watcher ended. `nothing_left`: all attempts are settled, or are left to runs. `another`: another watcher has the place.
 * `outdated`: a newer process is to watch: the program was replaced, or
 * this host was evicted and admitted again. `evicted`: this host was evicted, and its jobs were ended. `newer`: a newer version changed the journal. `replaced`: the state directory was
 * replaced or removed.
 *
 * @example
 * Effect.map(watch(options), ({ end }) => end === "outdated") // whether a newer program is to watch
 */
export const WatchEnd = Schema.Literal("nothing_left", "another", "outdated", "evicted", "newer", "replaced")
export type WatchEnd = typeof WatchEnd.Type

/** Why a watcher ended, also in words. */
export interface Ended {
  readonly end: WatchEnd
  readonly detail: string
}

/** How long a journal that cannot be used is tried again. */
const JOURNAL_PATIENCE = Duration.minutes(10)
const JOURNAL_PAUSE = Duration.seconds(10)

const ended = (end: WatchEnd, detail: string): Ended => ({ end, detail })

const onEvicted = (eviction: Eviction): Ended =>
  ended(eviction.isAdmitted ? "outdated" : "evicted", evictionInWords(eviction).what)

/** The open attempts that are not left to runs. */
export const toWatch = (watching: Watching) =>
  Effect.flatMap(
    openHere(watching.options),
    Effect.filter((attempt) => Effect.map(stateOf(watching, attempt), ({ isLeft }) => !isLeft))
  )

/**
 * One step for all attempts: renews their claims, looks at their processes, and settles what is due. Returns how long to wait
 * for the next step, or why there is none.
 */
const step = Effect.fn("watch.step")(function* (
  watching: Watching,
  leases: LeaseKeeper,
  sampling: Sampling
): Effect.fn.Return<Duration.Duration | Ended, JournalFailed, WatchServices> {
  yield* Effect.flatMap(Fleet, (fleet) => fleet.seen())
  const attempts = yield* toWatch(watching)
  const before = yield* Ref.get(watching.known)
  // Another host settles them only after this one was evicted.
  if (before.some(({ actor }) => !attempts.some((attempt) => attempt.actor === actor))) {
    const ending = yield* endIfEvicted(watching)
    if (ending !== undefined) return ending.isOver ? onEvicted(ending.eviction) : JOURNAL_PAUSE
  }
  yield* Ref.set(watching.known, attempts)
  if (attempts.length === 0) return ended("nothing_left", "nothing is left to watch")
  if ((yield* Ref.getAndSet(watching.count, attempts.length)) !== attempts.length) {
    yield* Effect.logInfo(`watching ${attempts.length} job(s): ${attempts.map(({ beads }) => beads).join(", ")}`)
  }
  const held = yield* Effect.filter(attempts, (attempt) =>
    Effect.map(stateOf(watching, attempt), ({ isLost }) => isAtWork(attempt) && !isLost)
  )
  yield* leases.keepOnly(held)
  const settled = (yield* Ref.get(watching.settled)).length
  const idle = yield* sampling.idle(attempts)
  const look = (attempt: Attempt) => watchJob(watching, attempt, idle.has(attempt.actor), leases)
  yield* Effect.forEach(attempts, look, { discard: true })
  const after = (yield* Ref.get(watching.settled)).length
  // Not before the other jobs are settled: a remote may not answer.
  if (after > settled) yield* pushKept(watching.options, (work) => forOneJob(watching.options.run, work))
  return after > settled ? Duration.zero : yield* sampling.pause
})

/** What follows from a failure of the journal: the end, a pause before the next try, or the failure itself. */
const onJournalFailed = Effect.fn("watch.onJournalFailed")(function* (
  { notices }: Watching,
  error: JournalFailed,
  usedAt: number
): Effect.fn.Return<Duration.Duration | Ended, JournalFailed> {
  if (error.reason === "newer") return ended("newer", error.message)
  // A step is fenced also if this host was evicted: then `whenEvicted` ends the watcher.
  const isPassing = error.reason === "unusable" || error.reason === "hung" || error.reason === "fenced"
  const failing = (yield* bootMillis) - usedAt
  if (!isPassing || failing > Duration.toMillis(JOURNAL_PATIENCE)) return yield* error
  yield* notices.warn("journal", `cannot watch for now, will try again: ${error.message}`)
  return JOURNAL_PAUSE
})

const isSame = (a: Option.Option<Watcher>, b: Option.Option<Watcher>): boolean =>
  Option.getOrUndefined(a)?.name === Option.getOrUndefined(b)?.name

/** Takes steps until there is a reason to end. */
const steps = Effect.fn("watch.steps")(function* (
  watching: Watching,
  isOutdated: Effect.Effect<boolean>
): Effect.fn.Return<Ended, JournalFailed, WatchServices | Scope.Scope> {
  const journal = yield* Journal
  const mine = yield* journal.watcher
  const isReplaced = Effect.map(journal.watcher, (now) => !isSame(mine, now))
  const leases = yield* makeLeaseKeeper(({ actor }) => markLost(watching, actor))
  const sampling = yield* makeSampling(watching.notices)
  let usedAt = yield* bootMillis
  for (;;) {
    if (yield* isOutdated) return ended("outdated", "the program was replaced")
    // Twice: a holder's file that cannot be read for once looks the same.
    if ((yield* isReplaced) && (yield* Effect.delay(isReplaced, "1 second"))) {
      return ended("replaced", "the state directory was replaced or removed")
    }
    const turn = yield* Effect.either(step(watching, leases, sampling))
    const next = Either.isRight(turn) ? turn.right : yield* onJournalFailed(watching, turn.left, usedAt)
    if ("end" in next) return next
    if (Either.isRight(turn)) {
      usedAt = yield* bootMillis
      yield* watching.notices.clear("journal", "the journal can be used again")
    }
    yield* Effect.sleep(next)
  }
})

/** Watches in the watcher's place, until there is a reason to end. */
export const inPlace = Effect.fn("watch.inPlace")(function* (
  watching: Watching,
  isOutdated: Effect.Effect<boolean>
): Effect.fn.Return<Ended, JournalFailed, WatchServices | Scope.Scope> {
  const journal = yield* Journal
  const other = yield* journal.watch(watching.options.run)
  if (Option.isSome(other)) return ended("another", `${other.value} watches already`)
  return yield* Effect.raceFirst(steps(watching, isOutdated), Effect.map(whenEvicted(watching), onEvicted))
})
