import { Array as Arr, Context, Effect, Layer } from "effect"
import { advanced, reopened } from "../domain/attemptSteps.ts"
import type { Attempt } from "../domain/Attempt.ts"
import { Mark, type Identity } from "../domain/Identity.ts"
import type { Pause } from "../domain/Pause.ts"
import type { ReviewDecision } from "../domain/ReviewDecision.ts"
import type { RunReport } from "../domain/RunReport.ts"
import type { ShadowRun } from "../domain/ShadowRun.ts"
import { Redact } from "../domain/Redaction.ts"
import { Journal, type Notice } from "../journal/Journal.ts"
import { JournalQueries } from "../journal/JournalQueries.ts"
import { makeRecords } from "../journal/records.ts"
import { asWritten } from "./asWritten.ts"
import { makeAttempts, makeLock, makeWatchPlace, type OtherRun } from "./fakeJournalParts.ts"
import { makeDecisions } from "./fakeDecisions.ts"
import { makeNotices } from "./fakeNotices.ts"
import { makePauses } from "./fakePauses.ts"
import { makePrune } from "./fakePrune.ts"
import { makeQueries } from "./fakeQueries.ts"
import { makeRetries } from "./fakeRetries.ts"
import { makeReported } from "./fakeReported.ts"
import { makeRuns, type FakeRun } from "./fakeRuns.ts"
import { makeShadows } from "./fakeShadows.ts"
import { makeSteps, type FakeStep } from "./fakeSteps.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Journal["Type"]
type Queries = JournalQueries["Type"]

/** The mark of a fake journal. */
export const FAKE_MARK = Mark.make("0123456789abcdef0123456789abcdef")

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeJournalScript extends OtherRun {
  /** The attempts of earlier runs, in the order they began. The ends of those that are settled count as reported. */
  readonly attempts?: ReadonlyArray<Attempt>
  /** The steps of these attempts, in the order they were taken. Default: none. */
  readonly steps?: ReadonlyArray<FakeStep>
  /** What a person decided about the work of these attempts. */
  readonly decisions?: ReadonlyArray<ReviewDecision>
  /** The pauses, in the order they began. */
  readonly pauses?: ReadonlyArray<Pause>
  /** The shadow runs that are kept. */
  readonly shadows?: ReadonlyArray<ShadowRun>
  /** The earlier runs, in the order they began. */
  readonly runs?: ReadonlyArray<FakeRun>
  /** Default: `FAKE_MARK`, nothing adopted or copied. */
  readonly identity?: Partial<Identity>
  readonly faults?: ReadonlyArray<Fault<Service>>
  /** The faults of `JournalQueries`: see `onQuery`. */
  readonly queryFaults?: ReadonlyArray<Fault<Queries>>
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
    readonly notices: Effect.Effect<ReadonlyArray<Notice>>
    /** Ends the process that holds the run lock, and so frees the lock. */
    readonly crash: Effect.Effect<void>
    /** The same for `JournalQueries`. */
    readonly queries: FakeControls<Queries>
  }
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakeJournal.layer({ faults: [FakeJournal.after("advance").hangs().from(2)] })
 */
export const { after, on } = faultsOf<Service>()

/**
 * The same for `JournalQueries`, as `queryFaults`.
 *
 * @example
 * FakeJournal.layer({ queryFaults: [FakeJournal.onQuery("runs").delays("20 seconds")] })
 */
export const { after: afterQuery, on: onQuery } = faultsOf<Queries>()

/**
 * A journal in memory, as strict as the real one: an attempt takes its steps in order and ends once, one run at a time
 * holds the lock, and records hold no secrets. `JournalQueries` reads the same memory.
 *
 * @example
 * FakeJournal.layer({ faults: [FakeJournal.on("advance").fails(diskFull).from(2)] })
 */
export const layer = (script: FakeJournalScript = {}): Layer.Layer<Journal | JournalQueries | FakeJournalState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const records = makeRecords(yield* Redact)
      const attempts = yield* makeAttempts(script.attempts ?? [], (attempt) => asWritten(records.attempts, attempt))
      const { change, intend, select } = attempts
      const runs = yield* makeRuns(script.runs ?? [], (report) => asWritten(records.reports, report))
      const steps = yield* makeSteps(script.steps ?? [], (step) => asWritten(records.steps, step))
      const retries = yield* makeRetries
      const notices = yield* makeNotices((notice) => asWritten(records.alerts, notice))
      const identity: Identity = { mark: FAKE_MARK, adopted: [], copied: [], trackers: [], ...script.identity }
      const pauses = yield* makePauses(script.pauses ?? [], identity, (pause) => asWritten(records.pauses, pause))
      const shadows = yield* makeShadows(script.shadows ?? [], (shadow) => asWritten(records.shadows, shadow))
      const { prunable, prune, pruned } = yield* makePrune({ attempts, runs, retries, notices, pauses, shadows })
      const reported = yield* makeReported(attempts)
      const decisions = yield* makeDecisions(attempts, script.decisions ?? [])
      const { crash, lock } = yield* makeLock(script)
      const { watch, watcher } = yield* makeWatchPlace
      const { call, controls } = yield* makeControls<Service>("Journal", script.faults)
      const queries = yield* makeQueries({ attempts, decisions, runs, shadows, steps }, script.queryFaults)

      const service: Service = {
        identity,
        version: Effect.succeed("a journal in memory").pipe(call("version", undefined, [])),
        lock: (locking) => lock(locking).pipe(call("lock", undefined, [locking])),
        watch: (run) => watch.pipe(call("watch", run, [run])),
        watcher: watcher.pipe(call("watcher", undefined, [])),
        begin: (run) => runs.begin(run).pipe(call("begin", run.run, [run])),
        end: (report) =>
          runs.end(report).pipe(Effect.zipRight(reported.mark(report)), call("end", report.run, [report])),
        shadow: (shadow, keptSince) =>
          shadows.add(shadow, keptSince).pipe(call("shadow", shadow.report.run, [shadow, keptSince])),
        unreported: reported.unreported.pipe(call("unreported", undefined, [])),
        intend: (intent) =>
          intend(intent).pipe(Effect.tap(steps.add({ _tag: "Intended" })), call("intend", intent.beads, [intent])),
        advance: (actor, step) =>
          change(actor, (attempt, now) => advanced(attempt, step, now)).pipe(
            Effect.tap(steps.add(step)),
            call("advance", step._tag, [actor, step])
          ),
        report: (run) => runs.report(run).pipe(call("report", run, [run])),
        reopen: (actor) =>
          change(actor, reopened).pipe(Effect.tap(steps.add({ _tag: "Reopened" })), call("reopen", actor, [actor])),
        clear: (beads, note) =>
          Effect.zipLeft(attempts.clear(beads), retries.add(beads, note)).pipe(call("clear", beads, [beads, note])),
        decide: (decision) =>
          Effect.zipLeft(
            decisions.decide(decision),
            decision.decision === "accepted" ? retries.dropNote(decision.beads) : Effect.void
          ).pipe(call("decide", decision.beads, [decision])),
        pause: (pause) => pauses.pause(pause).pipe(call("pause", undefined, [pause])),
        resume: (by, covers) => pauses.resume(by, covers).pipe(call("resume", undefined, [by, covers])),
        paused: pauses.paused.pipe(call("paused", undefined, [])),
        retries: retries.all.pipe(call("retries", undefined, [])),
        open: select(({ phase }) => phase !== "settled").pipe(call("open", undefined, [])),
        since: (millis) => select(({ updatedAt }) => updatedAt >= millis).pipe(call("since", undefined, [millis])),
        find: (actor) =>
          Effect.map(
            select((attempt) => attempt.actor === actor),
            ([attempt]) => attempt
          ).pipe(call("find", actor, [actor])),
        known: (beads) =>
          Effect.map(
            select(({ beads: id }) => beads.includes(id)),
            (attempts) => Arr.dedupe(attempts.map(({ beads: id }) => id))
          ).pipe(call("known", beads.join(), [beads])),
        of: (...beads) => select((attempt) => beads.includes(attempt.beads)).pipe(call("of", beads.join(), beads)),
        notice: (notice) => notices.add(notice).pipe(call("notice", notice.key, [notice])),
        notices: notices.all.pipe(call("notices", undefined, [])),
        prunable: (before) => prunable(before).pipe(call("prunable", undefined, [before])),
        prune: (cut) => prune(cut).pipe(call("prune", undefined, [cut])),
        pruned: pruned.pipe(call("pruned", undefined, []))
      }

      return Context.make(Journal, service).pipe(
        Context.add(JournalQueries, queries.service),
        Context.add(FakeJournalState, {
          ...controls,
          queries: queries.controls,
          attempts: select(() => true),
          reports: runs.reports,
          notices: notices.all,
          crash
        })
      )
    })
  )
