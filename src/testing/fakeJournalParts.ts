import { Clock, Duration, Effect, Either, Option, Ref } from "effect"
import { begun } from "../domain/attemptSteps.ts"
import type { Actor } from "../domain/Actor.ts"
import type { Attempt, Intent } from "../domain/Attempt.ts"
import { moment, type Moment } from "../domain/BootClock.ts"
import { JournalFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Watcher } from "../journal/Journal.ts"
import { isOverdue, JOB_PATIENCE, WATCH_PATIENCE, type Locking } from "../journal/locking.ts"

const illegal = (detail: string) => new JournalFailed({ file: "memory", reason: "illegal", detail })

/** The attempts of a journal in memory. */
export const makeAttempts = Effect.fnUntraced(function* (
  earlier: ReadonlyArray<Attempt>,
  asRecord: (attempt: Attempt) => Effect.Effect<Attempt, JournalFailed>
) {
  const attempts = yield* Ref.make(new Map(earlier.map((attempt) => [attempt.actor, attempt])))
  const keep = (attempt: Attempt) =>
    Effect.tap(asRecord(attempt), (written) => Ref.update(attempts, (all) => new Map(all).set(written.actor, written)))
  return {
    keep,
    remove: (isOld: (attempt: Attempt) => boolean) =>
      Ref.update(attempts, (all) => new Map([...all].filter(([, attempt]) => !isOld(attempt)))),
    select: (wanted: (attempt: Attempt) => boolean) =>
      Effect.map(Ref.get(attempts), (all) =>
        [...all.values()].filter(wanted).toSorted((a, b) => a.createdAt - b.createdAt)
      ),
    clear: Effect.fnUntraced(function* (beads: BeadsId) {
      const settled = [...(yield* Ref.get(attempts)).values()].flatMap((attempt) =>
        attempt.beads === beads && attempt.phase === "settled" && attempt.cleared !== true ? [attempt] : []
      )
      yield* Effect.forEach(settled, (attempt) => keep({ ...attempt, cleared: true }))
      return settled.length
    }),
    intend: Effect.fnUntraced(function* (intent: Intent) {
      if ((yield* Ref.get(attempts)).has(intent.actor)) return yield* illegal(`${intent.actor} already has an attempt`)
      return yield* keep(begun(intent, yield* moment))
    }),
    change: Effect.fnUntraced(function* (
      actor: Actor,
      next: (attempt: Attempt, now: Moment) => Either.Either<Attempt, string>
    ) {
      const attempt = (yield* Ref.get(attempts)).get(actor)
      if (attempt === undefined) return yield* illegal(`there is no attempt of ${actor}`)
      const changed = next(attempt, yield* moment)
      return yield* Either.isLeft(changed) ? illegal(`${actor}: ${changed.left}`) : keep(changed.right)
    })
  }
})

/** The other process that holds the run lock. */
export interface OtherRun {
  readonly lockedBy?: string | undefined
  /** When it should be done. Milliseconds since the epoch. */
  readonly lockedUntil?: number | undefined
  /** Default `run`. */
  readonly lockedFor?: Locking["work"] | undefined
}

interface Holder extends Pick<Locking, "work"> {
  readonly name: string
  readonly until: number | undefined
}

const POLL = Duration.millis(100)

/** The run lock of a journal in memory. */
export const makeLock = Effect.fnUntraced(function* ({ lockedBy, lockedFor = "run", lockedUntil }: OtherRun) {
  const other =
    lockedBy === undefined ? Option.none() : Option.some({ name: lockedBy, until: lockedUntil, work: lockedFor })
  const locked = yield* Ref.make<Option.Option<Holder>>(other)
  const crash = Ref.set(locked, Option.none())
  /** How many runs wait for the settling of one job. */
  const waiting = yield* Ref.make(0)
  const awaitTurn = Effect.acquireUseRelease(
    Ref.update(waiting, (count) => count + 1),
    () => Effect.sleep(POLL),
    () => Ref.update(waiting, (count) => count - 1)
  )
  const take = ({ until, work }: Locking) =>
    Effect.acquireRelease(
      Ref.modify(locked, (holder) => [holder, Option.orElseSome(holder, () => ({ name: "this run", until, work }))]),
      (holder) => (Option.isNone(holder) ? crash : Effect.void)
    )
  return {
    crash,
    lock: Effect.fnUntraced(function* (locking: Locking) {
      const begin = yield* Clock.currentTimeMillis
      if (locking.work === "job") {
        while ((yield* Ref.get(waiting)) > 0) yield* Effect.sleep(POLL)
      }
      for (;;) {
        const holder = yield* take(locking)
        if (Option.isNone(holder)) return Option.none()
        const now = yield* moment
        const { name, until, work } = holder.value
        if (isOverdue({ at: until ?? now.at }, until, now)) {
          const detail = `${name} holds the lock far beyond its time`
          return yield* new JournalFailed({ file: "memory", reason: "hung", detail })
        }
        if (work === "run" || now.at - begin >= Duration.toMillis(JOB_PATIENCE)) return Option.some(name)
        yield* locking.work === "run" ? awaitTurn : Effect.sleep(POLL)
      }
    })
  }
})

/** The watcher's place of a journal in memory. */
export const makeWatchPlace = Effect.gen(function* () {
  const since = yield* Ref.make(Option.none<number>())
  const take = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.acquireRelease(
      Ref.modify(since, (holder) => [Option.isNone(holder), Option.orElseSome(holder, () => now)]),
      (isTaken) => (isTaken ? Ref.set(since, Option.none()) : Effect.void)
    )
  )
  return {
    watch: Effect.gen(function* () {
      const begin = yield* Clock.currentTimeMillis
      while (!(yield* take)) {
        const waited = (yield* Clock.currentTimeMillis) - begin
        if (waited >= Duration.toMillis(WATCH_PATIENCE)) return Option.some("another watcher")
        yield* Effect.sleep(POLL)
      }
      return Option.none<string>()
    }),
    watcher: Effect.map(
      Ref.get(since),
      Option.map((since): Watcher => ({ name: "a watcher", pid: 4711, state: "running", since }))
    )
  }
})
