import { Context, Schema, type Effect, type Option, type Scope } from "effect"
import type { Attempt, Intent } from "../domain/Attempt.ts"
import type { AttemptStep } from "../domain/attemptSteps.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { BeadsId, type RunId } from "../domain/Ids.ts"
import type { Actor } from "../domain/Actor.ts"
import type { Identity } from "../domain/Identity.ts"
import type { Pause, PauseCover } from "../domain/Pause.ts"
import type { Retry } from "../domain/Retry.ts"
import type { ReviewDecision } from "../domain/ReviewDecision.ts"
import type { RunReport } from "../domain/RunReport.ts"
import type { ShadowRun } from "../domain/ShadowRun.ts"
import type { ProcessState } from "../exec/processState.ts"
import type { Locking } from "./locking.ts"

/**
 * Something that was found and must be known later: it is written down once. What is told of it: see `Outbox`.
 *
 * @example
 * new Notice({ key: "claim_stuck bd-1", kind: "claim_stuck", text: "bd-1 is still claimed" })
 */
export class Notice extends Schema.Class<Notice>("Notice")({
  /** Names the subject, without words of strangers: of all notices with one key only the first is kept. */
  key: Schema.String,
  kind: Schema.Literal(
    "attempts_used_up",
    "work_kept",
    "claim_stuck",
    "clock_wrong",
    "journal_lost",
    "mendable",
    "run_missed"
  ),
  beads: Schema.optional(BeadsId),
  text: Schema.String
}) {}

/** The watcher of a state directory. */
export interface Watcher {
  /** `process 4711`. */
  readonly name: string
  readonly pid: number
  /** What it does now: see `ProcessState`. */
  readonly state: ProcessState
  /** When it began. Milliseconds since the epoch. */
  readonly since: number
}

/** What `prune` may remove. */
export interface PruneCut {
  /** Only what ended before this time. Milliseconds since the epoch. */
  readonly before: number
  /** The bugs whose attempts may go: closed in the tracker, without work that waits for a person. */
  readonly over: ReadonlyArray<BeadsId>
  /** Counts what would go, and removes nothing. */
  readonly dryRun: boolean
}

/**
 * What `prune` removed, or would remove. `alerts`: notices, and messages of the outbox.
 *
 * @example
 * PrunedRecords.make({ runs: 3, attempts: 7, alerts: 0 })
 */
export const PrunedRecords = Schema.Struct({ runs: Schema.Int, attempts: Schema.Int, alerts: Schema.Int })
export type PrunedRecords = typeof PrunedRecords.Type

/** The record of a run at its beginning. */
export interface RunBegun {
  readonly run: RunId
  readonly host: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * The records that must outlive a run: every attempt and how far it got, the runs with their outcomes and provider checks,
 * and the notices. Each method is one transaction, which is on the disk when the method returns.
 *
 * Secrets that `Redact` knows are removed before a record is written; a method returns the record as it was written.
 *
 * A run writes its intent before an outside effect and the result after it. So if the run is killed, the next run finds a
 * record to settle. The layers: `SqliteJournal.layer`, `PostgresJournal.layer`, and `FakeJournal.layer` of the test kit.
 *
 * @example
 * Effect.gen(function* () {
 *   const journal = yield* Journal
 *   yield* journal.intend(intent) // before the claim
 *   yield* journal.advance(intent.actor, { _tag: "Claimed" }) // after the claim, before the worktree
 * })
 */
export class Journal extends Context.Tag("nightly-dispatch/Journal")<
  Journal,
  {
    /** Who this dispatcher is, as its state directory says. */
    readonly identity: Identity
    /** Names the journal for an operator: `SQLite (/home/me/.local/state/nightly-dispatch/journal.db)`. */
    readonly version: Effect.Effect<string, JournalFailed>
    /**
     * Takes the run lock until the scope closes; `None` if this call got it. If another run holds it, returns its holder
     * (`process 4711`) without waiting. Waits `JOB_PATIENCE` for a holder that settles one job. Fails with `hung` if the
     * holder should have been done `OVERDUE_GRACE` ago. A lock whose process has ended is free. While the lock is held, a
     * method that writes fails with `unusable` if the state directory was replaced or removed.
     */
    readonly lock: (locking: Locking) => Effect.Effect<Option.Option<string>, JournalFailed, Scope.Scope>
    /**
     * Takes the watcher's place until the scope closes; `None` if this call got it. Waits `WATCH_PATIENCE` for a watcher that
     * is about to end, then returns its name.
     */
    readonly watch: (run: RunId) => Effect.Effect<Option.Option<string>, JournalFailed, Scope.Scope>
    /** The watcher of this state directory; `None` if there is none. */
    readonly watcher: Effect.Effect<Option.Option<Watcher>>
    /** Fails with `illegal` for a run that has already begun. */
    readonly begin: (run: RunBegun) => Effect.Effect<void, JournalFailed>
    /**
     * Stores the report, and marks the ends in it as reported, in one transaction. Fails with `illegal` for a run that has not
     * begun, or has ended.
     */
    readonly end: (report: RunReport) => Effect.Effect<void, JournalFailed>
    /**
     * Keeps what a shadow run would have done, and removes the shadow runs from before `keptSince` (milliseconds since the epoch).
     * Touches no other record. Fails with `illegal` for a shadow run that is kept already.
     */
    readonly shadow: (shadow: ShadowRun, keptSince: number) => Effect.Effect<void, JournalFailed>
    /** The report of this run, its skipped bugs first; `undefined` if the run is unknown or has not ended. */
    readonly report: (run: RunId) => Effect.Effect<RunReport | undefined, JournalFailed>
    /**
     * The settled attempts with an acknowledged job whose end is in no run's report yet, the first that ended first. An attempt
     * that is reopened and settled again is not reported again.
     */
    readonly unreported: Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /**
     * Opens an attempt, before its claim. Fails with `illegal` for an actor that already has one. Where hosts share the journal,
     * fails with `taken` if another attempt at the bug is open, and with `fenced` if this host was evicted.
     */
    readonly intend: (intent: Intent) => Effect.Effect<Attempt, JournalFailed>
    /**
     * Takes a step. Fails with `illegal` if the attempt's phase does not allow it: a settled attempt takes only `PushTried`. Fails
     * with `fenced` if another host has the attempt, or may have it before what follows the step outside is over.
     */
    readonly advance: (actor: Actor, step: AttemptStep) => Effect.Effect<Attempt, JournalFailed>
    /** Opens a settled attempt again, because its claim is still held. Fails with `illegal` for an open attempt. */
    readonly reopen: (actor: Actor) => Effect.Effect<Attempt, JournalFailed>
    /**
     * A person wants the bug tried again: what its settled attempts came to counts no more. Gives how many there were that did.
     * Keeps the time and the note, also for a bug without attempts: see `retries`.
     */
    readonly clear: (beads: BeadsId, note?: string) => Effect.Effect<number, JournalFailed>
    /** The last `clear` of each bug, the oldest first. */
    readonly retries: Effect.Effect<ReadonlyArray<Retry>, JournalFailed>
    /**
     * Keeps what a person decided about the work of a settled attempt. A later decision replaces an earlier one. `accepted`: the
     * note of the bug's last retry is over.
     */
    readonly decide: (decision: ReviewDecision) => Effect.Effect<void, JournalFailed>
    /**
     * Pauses dispatching from now on, on the hosts that the pause covers. The pause that is in force and covers the same ends with
     * it; gives that pause, `undefined` if there was none.
     */
    readonly pause: (pause: Pause) => Effect.Effect<Pause | undefined, JournalFailed>
    /**
     * Ends the pause that is in force and covers this: by default, all hosts that use the journal. Gives it; `undefined` if there is
     * none. `by`: the user and the host.
     */
    readonly resume: (by: string, covers?: PauseCover) => Effect.Effect<Pause | undefined, JournalFailed>
    /** The pause that is in force now and covers this host; `undefined` if it is not paused. */
    readonly paused: Effect.Effect<Pause | undefined, JournalFailed>
    /** The attempts that are not settled, oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /** The attempts that began or took a step at or after this time (milliseconds since the epoch), oldest first. */
    readonly since: (millis: number) => Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /** The attempt that claims under this actor; `undefined` if there is none. */
    readonly find: (actor: Actor) => Effect.Effect<Attempt | undefined, JournalFailed>
    /** Those of these bugs that have an attempt, in one query: few of a large tracker have one. */
    readonly known: (beads: ReadonlyArray<BeadsId>) => Effect.Effect<ReadonlyArray<BeadsId>, JournalFailed>
    /** The attempts at these bugs, oldest first. */
    readonly of: (...beads: Array<BeadsId>) => Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /** Writes a notice down, once for each key. Returns whether it was new. */
    readonly notice: (notice: Notice) => Effect.Effect<boolean, JournalFailed>
    /** The notices, oldest first. */
    readonly notices: Effect.Effect<ReadonlyArray<Notice>, JournalFailed>
    /**
     * The bugs without an open attempt that have a settled attempt, a notice or a retry from before this time (milliseconds
     * since the epoch).
     */
    readonly prunable: (before: number) => Effect.Effect<ReadonlyArray<BeadsId>, JournalFailed>
    /**
     * Removes the old settled attempts, notices and retries of bugs that are over and have no open attempt, the old runs of
     * which no attempt is left, with their outcomes and provider checks, the pauses that were over before this time, the old
     * shadow runs, and the old messages of the outbox that wait for no channel. The newest run stays. Gives free room back to the disk where it is much.
     */
    readonly prune: (cut: PruneCut) => Effect.Effect<PrunedRecords, JournalFailed>
    /** When `prune` last removed what is old. Milliseconds since the epoch; `undefined` if it never did. */
    readonly pruned: Effect.Effect<number | undefined, JournalFailed>
  }
>() {}
