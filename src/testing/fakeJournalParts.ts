import { Chunk, Clock, Effect, Either, Option, Ref } from "effect"
import { begun } from "../domain/attemptSteps.ts"
import type { Actor } from "../domain/Actor.ts"
import type { Attempt, Intent } from "../domain/Attempt.ts"
import { JournalFailed } from "../domain/Failure.ts"
import type { RunReport } from "../domain/RunReport.ts"
import { isOverdue, type Locking } from "../journal/Journal.ts"

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
    select: (wanted: (attempt: Attempt) => boolean) =>
      Effect.map(Ref.get(attempts), (all) =>
        [...all.values()].filter(wanted).toSorted((a, b) => a.createdAt - b.createdAt)
      ),
    intend: Effect.fnUntraced(function* (intent: Intent) {
      if ((yield* Ref.get(attempts)).has(intent.actor)) return yield* illegal(`${intent.actor} already has an attempt`)
      return yield* keep(begun(intent, yield* Clock.currentTimeMillis))
    }),
    change: Effect.fnUntraced(function* (
      actor: Actor,
      next: (attempt: Attempt, updatedAt: number) => Either.Either<Attempt, string>
    ) {
      const attempt = (yield* Ref.get(attempts)).get(actor)
      if (attempt === undefined) return yield* illegal(`there is no attempt of ${actor}`)
      const changed = next(attempt, yield* Clock.currentTimeMillis)
      return yield* Either.isLeft(changed) ? illegal(`${actor}: ${changed.left}`) : keep(changed.right)
    })
  }
})

/** The runs of a journal in memory, each of which begins and ends once. */
export const makeRuns = Effect.fnUntraced(function* (
  asRecord: (report: RunReport) => Effect.Effect<RunReport, JournalFailed>
) {
  const running = yield* Ref.make<ReadonlyMap<string, boolean>>(new Map())
  const reports = yield* Ref.make(Chunk.empty<RunReport>())
  return {
    reports: Effect.map(Ref.get(reports), Chunk.toReadonlyArray),
    begin: Effect.fnUntraced(function* (run: string) {
      if ((yield* Ref.get(running)).has(run)) return yield* illegal(`run ${run} has already begun`)
      return yield* Ref.update(running, (all) => new Map(all).set(run, true))
    }),
    end: Effect.fnUntraced(function* (report: RunReport) {
      if ((yield* Ref.get(running)).get(report.run) !== true)
        return yield* illegal(`run ${report.run} has not begun, or has ended`)
      const written = yield* asRecord(report)
      yield* Ref.update(running, (all) => new Map(all).set(report.run, false))
      return yield* Ref.update(reports, Chunk.append(written))
    })
  }
})

/** The other run that holds the run lock, and until when it should be done (milliseconds since the epoch). */
export interface OtherRun {
  readonly lockedBy?: string | undefined
  readonly lockedUntil?: number | undefined
}

/** The run lock of a journal in memory. */
export const makeLock = Effect.fnUntraced(function* ({ lockedBy, lockedUntil }: OtherRun) {
  const other = lockedBy === undefined ? Option.none() : Option.some({ name: lockedBy, until: lockedUntil })
  const locked = yield* Ref.make<Option.Option<{ readonly name: string; readonly until: number | undefined }>>(other)
  const crash = Ref.set(locked, Option.none())
  return {
    crash,
    lock: Effect.fnUntraced(function* ({ until }: Locking) {
      const holder = yield* Effect.acquireRelease(
        Ref.modify(locked, (holder) => [holder, Option.orElseSome(holder, () => ({ name: "this run", until }))]),
        (holder) => (Option.isNone(holder) ? crash : Effect.void)
      )
      const now = yield* Clock.currentTimeMillis
      if (Option.isSome(holder) && isOverdue(holder.value.until, now)) {
        const detail = `${holder.value.name} holds the lock far beyond its timeouts.run`
        return yield* new JournalFailed({ file: "memory", reason: "hung", detail })
      }
      return Option.map(holder, ({ name }) => name)
    })
  }
})
