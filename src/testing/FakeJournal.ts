import { Chunk, Clock, Context, Effect, Either, Layer, Option, Ref } from "effect"
import { advanced, begun, reopened } from "../domain/attemptSteps.ts"
import type { Actor } from "../domain/Actor.ts"
import type { Attempt, Intent } from "../domain/Attempt.ts"
import { JournalFailed } from "../domain/Failure.ts"
import { Mark, type Identity } from "../domain/Identity.ts"
import type { RunReport } from "../domain/RunReport.ts"
import { Redact } from "../domain/Redaction.ts"
import { isOverdue, Journal, type Alert, type Locking } from "../journal/Journal.ts"
import { makeRecords, type RecordCodec } from "../journal/records.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Journal["Type"]

/** The mark of a fake journal. */
export const FAKE_MARK = Mark.make("0123456789abcdef0123456789abcdef")

export interface FakeJournalScript {
  /** The attempts of earlier runs, in the order they began. */
  readonly attempts?: ReadonlyArray<Attempt>
  /** Default: `FAKE_MARK`, nothing adopted or copied. */
  readonly identity?: Partial<Identity>
  /** The other run that holds the run lock. */
  readonly lockedBy?: string
  /** When that run should be done at the latest. Milliseconds since the epoch. */
  readonly lockedUntil?: number
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The state behind `FakeJournal`.
 *
 * @example
 * const open = Effect.flatMap(FakeJournalState, (state) => state.attempts)
 */
export class FakeJournalState extends Context.Tag("nightly-dispatch/testing/FakeJournalState")<
  FakeJournalState,
  FakeControls<Service> & {
    readonly attempts: Effect.Effect<ReadonlyArray<Attempt>>
    readonly reports: Effect.Effect<ReadonlyArray<RunReport>>
    readonly alerts: Effect.Effect<ReadonlyArray<Alert>>
    /** Ends the process that holds the run lock, and so frees the lock. */
    readonly crash: Effect.Effect<void>
  }
>() {}

/** Faults before a call does anything, and after it has done everything: see `faultsOf`. */
export const { after, on } = faultsOf<Service>()

const illegal = (detail: string) => new JournalFailed({ file: "memory", reason: "illegal", detail })

/** The record as the real journal would store it: without secrets. */
const asWritten = <A>(codec: RecordCodec<A>, value: A): Effect.Effect<A, JournalFailed> =>
  Effect.mapBoth(codec.encode(value), {
    onFailure: ({ message }) => new JournalFailed({ file: "memory", reason: "unusable", detail: message }),
    onSuccess: ({ record }) => record
  })

/** The attempts of a journal in memory. */
const makeAttempts = Effect.fnUntraced(function* (
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
const makeRuns = Effect.fnUntraced(function* (
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

/** The run lock of a journal in memory. */
const makeLock = Effect.fnUntraced(function* ({ lockedBy, lockedUntil }: FakeJournalScript) {
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

/**
 * A journal in memory, as strict as the real one: an attempt takes its steps in order and ends once, one run at a time
 * holds the lock, and records hold no secrets.
 *
 * @example
 * FakeJournal.layer({ faults: [FakeJournal.on("advance").fails(diskFull).from(2)] })
 */
export const layer = (script: FakeJournalScript = {}): Layer.Layer<Journal | FakeJournalState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const records = makeRecords(yield* Redact)
      const { change, intend, select } = yield* makeAttempts(script.attempts ?? [], (attempt) =>
        asWritten(records.attempts, attempt)
      )
      const runs = yield* makeRuns((report) => asWritten(records.reports, report))
      const alerts = yield* Ref.make(Chunk.empty<Alert>())
      const { crash, lock } = yield* makeLock(script)
      const { call, controls } = yield* makeControls<Service>("Journal", script.faults)

      const service: Service = {
        identity: { mark: FAKE_MARK, adopted: [], copied: [], trackers: [], ...script.identity },
        version: Effect.succeed("a journal in memory").pipe(call("version", undefined, [])),
        lock: (locking) => lock(locking).pipe(call("lock", undefined, [locking])),
        begin: (run) => runs.begin(run.run).pipe(call("begin", run.run, [run])),
        end: (report) => runs.end(report).pipe(call("end", report.run, [report])),
        intend: (intent) => intend(intent).pipe(call("intend", intent.beads, [intent])),
        advance: (actor, step) =>
          change(actor, (attempt, updatedAt) => advanced(attempt, step, updatedAt)).pipe(
            call("advance", step._tag, [actor, step])
          ),
        reopen: (actor) => change(actor, reopened).pipe(call("reopen", actor, [actor])),
        open: select(({ phase }) => phase !== "settled").pipe(call("open", undefined, [])),
        since: (millis) => select(({ updatedAt }) => updatedAt >= millis).pipe(call("since", undefined, [millis])),
        find: (actor) =>
          Effect.map(
            select((attempt) => attempt.actor === actor),
            ([attempt]) => attempt
          ).pipe(call("find", actor, [actor])),
        of: (beads) => select((attempt) => attempt.beads === beads).pipe(call("of", beads, [beads])),
        raise: (alert) =>
          asWritten(records.alerts, alert).pipe(
            Effect.flatMap((written) =>
              Ref.modify(alerts, (all) =>
                Chunk.some(all, ({ key }) => key === alert.key) ? [false, all] : [true, Chunk.append(all, written)]
              )
            ),
            call("raise", alert.key, [alert])
          ),
        unsent: Effect.map(Ref.get(alerts), Chunk.toReadonlyArray).pipe(call("unsent", undefined, []))
      }

      return Context.make(Journal, service).pipe(
        Context.add(FakeJournalState, {
          ...controls,
          attempts: select(() => true),
          reports: runs.reports,
          alerts: Effect.map(Ref.get(alerts), Chunk.toReadonlyArray),
          crash
        })
      )
    })
  )
