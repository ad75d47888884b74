import { Chunk, Context, Effect, Layer, Ref } from "effect"
import { advanced, reopened } from "../domain/attemptSteps.ts"
import type { Attempt } from "../domain/Attempt.ts"
import { JournalFailed } from "../domain/Failure.ts"
import { Mark, type Identity } from "../domain/Identity.ts"
import type { RunReport } from "../domain/RunReport.ts"
import { Redact } from "../domain/Redaction.ts"
import { Journal, type Alert } from "../journal/Journal.ts"
import { makeRecords, type RecordCodec } from "../journal/records.ts"
import { makeAttempts, makeLock, makeRuns, makeWatchPlace, type OtherRun } from "./fakeJournalParts.ts"
import { makeDecisions } from "./fakeDecisions.ts"
import { makePrune } from "./fakePrune.ts"
import { makeRetries } from "./fakeRetries.ts"
import { makeReported } from "./fakeReported.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Journal["Type"]

/** The mark of a fake journal. */
export const FAKE_MARK = Mark.make("0123456789abcdef0123456789abcdef")

export interface FakeJournalScript extends OtherRun {
  /** The attempts of earlier runs, in the order they began. The ends of those that are settled count as reported. */
  readonly attempts?: ReadonlyArray<Attempt>
  /** Default: `FAKE_MARK`, nothing adopted or copied. */
  readonly identity?: Partial<Identity>
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

/** The record as the real journal would store it: without secrets. */
const asWritten = <A>(codec: RecordCodec<A>, value: A): Effect.Effect<A, JournalFailed> =>
  Effect.mapBoth(codec.encode(value), {
    onFailure: ({ message }) => new JournalFailed({ file: "memory", reason: "unusable", detail: message }),
    onSuccess: ({ record }) => record
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
      const attempts = yield* makeAttempts(script.attempts ?? [], (attempt) => asWritten(records.attempts, attempt))
      const { change, intend, select } = attempts
      const runs = yield* makeRuns((report) => asWritten(records.reports, report))
      const retries = yield* makeRetries
      const { prunable, prune, pruned } = yield* makePrune(attempts, runs, retries)
      const reported = yield* makeReported(attempts)
      const decisions = yield* makeDecisions(attempts)
      const alerts = yield* Ref.make(Chunk.empty<Alert>())
      const { crash, lock } = yield* makeLock(script)
      const { watch, watcher } = yield* makeWatchPlace
      const { call, controls } = yield* makeControls<Service>("Journal", script.faults)

      const service: Service = {
        identity: { mark: FAKE_MARK, adopted: [], copied: [], trackers: [], ...script.identity },
        version: Effect.succeed("a journal in memory").pipe(call("version", undefined, [])),
        lock: (locking) => lock(locking).pipe(call("lock", undefined, [locking])),
        watch: (run) => watch.pipe(call("watch", run, [run])),
        watcher: watcher.pipe(call("watcher", undefined, [])),
        begin: (run) => runs.begin(run).pipe(call("begin", run.run, [run])),
        end: (report) =>
          runs.end(report).pipe(Effect.zipRight(reported.mark(report)), call("end", report.run, [report])),
        unreported: reported.unreported.pipe(call("unreported", undefined, [])),
        intend: (intent) => intend(intent).pipe(call("intend", intent.beads, [intent])),
        advance: (actor, step) =>
          change(actor, (attempt, now) => advanced(attempt, step, now)).pipe(call("advance", step._tag, [actor, step])),
        report: (run) => runs.report(run).pipe(call("report", run, [run])),
        reopen: (actor) => change(actor, reopened).pipe(call("reopen", actor, [actor])),
        clear: (beads, note) =>
          Effect.zipLeft(attempts.clear(beads), retries.add(beads, note)).pipe(call("clear", beads, [beads, note])),
        decide: (decision) => decisions.decide(decision).pipe(call("decide", decision.beads, [decision])),
        retries: retries.all.pipe(call("retries", undefined, [])),
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
        unsent: Effect.map(Ref.get(alerts), Chunk.toReadonlyArray).pipe(call("unsent", undefined, [])),
        prunable: (before) => prunable(before).pipe(call("prunable", undefined, [before])),
        prune: (cut) => prune(cut).pipe(call("prune", undefined, [cut])),
        pruned: pruned.pipe(call("pruned", undefined, []))
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
