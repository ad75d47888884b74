import { Context, Schema, type Effect, type Option, type Scope } from "effect"
import type { Attempt, Intent } from "../domain/Attempt.ts"
import type { AttemptStep } from "../domain/attemptSteps.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { BeadsId, type RunId } from "../domain/Ids.ts"
import type { Actor } from "../domain/Actor.ts"
import type { RunReport } from "../domain/RunReport.ts"

/** Something an operator should hear of. Kept until it has been sent. */
export class Alert extends Schema.Class<Alert>("Alert")({
  /** What it is about: the same thing is raised once. */
  key: Schema.String,
  kind: Schema.Literal("attempts_used_up", "work_kept", "claim_stuck"),
  beads: Schema.optional(BeadsId),
  text: Schema.String
}) {}

/** A run as it begins. */
export interface RunBegun {
  readonly run: RunId
  readonly host: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * What must outlive a run: every attempt with how far it got, the runs and their outcomes, what the providers said, and
 * the alerts that wait to be sent. Each method is one transaction, and what it returned for is on the disk.
 *
 * No secret that `Redact` knows is kept: texts are written without them, and what a method returns is what was written.
 *
 * Intent is written before an outside effect and its result after it, so whatever kills the program leaves a record that
 * the next run can settle. Its layers: `SqliteJournal.layer`, and `FakeJournal.layer` of the test kit.
 *
 * @example
 * Effect.gen(function* () {
 *   const journal = yield* Journal
 *   yield* journal.intend(intent) // before the claim
 *   yield* journal.advance(intent.actor, { _tag: "Claimed" }) // after it, and before the worktree
 * })
 */
export class Journal extends Context.Tag("nightly-dispatch/Journal")<
  Journal,
  {
    /** What stands behind this, in words: `SQLite (/home/me/.local/state/nightly-dispatch/journal.db)`. */
    readonly version: Effect.Effect<string, JournalFailed>
    /**
     * Keeps every other run out until the scope closes, or this process or its boot is gone. Says who is in when
     * somebody is, and does not wait for them.
     */
    readonly lock: Effect.Effect<Option.Option<string>, JournalFailed, Scope.Scope>
    /** Fails for a run that has begun. */
    readonly begin: (run: RunBegun) => Effect.Effect<void, JournalFailed>
    /** Fails for a run that has not begun, or that has ended. */
    readonly end: (report: RunReport) => Effect.Effect<void, JournalFailed>
    /** Before the claim: from now on somebody looks after what this attempt leaves. Fails for an actor that had one. */
    readonly intend: (intent: Intent) => Effect.Effect<Attempt, JournalFailed>
    /** Fails for a step that its phase does not allow: a settled attempt stays as it is. */
    readonly advance: (actor: Actor, step: AttemptStep) => Effect.Effect<Attempt, JournalFailed>
    /** Opens a settled attempt again whose claim turned up later. Fails for one that is open. */
    readonly reopen: (actor: Actor) => Effect.Effect<Attempt, JournalFailed>
    /** Every attempt that is not settled, oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /** Every attempt that began or took a step since then (milliseconds since the epoch), oldest first. */
    readonly since: (millis: number) => Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /** Every attempt at this bug, oldest first. */
    readonly of: (beads: BeadsId) => Effect.Effect<ReadonlyArray<Attempt>, JournalFailed>
    /** Into the outbox, once for each key. Says whether it is new. */
    readonly raise: (alert: Alert) => Effect.Effect<boolean, JournalFailed>
    /** Alerts that nobody has been told yet, oldest first. */
    readonly unsent: Effect.Effect<ReadonlyArray<Alert>, JournalFailed>
  }
>() {}
