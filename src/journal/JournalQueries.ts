import { Context, type Effect } from "effect"
import type { Actor } from "../domain/Actor.ts"
import type { AttemptEnd, AttemptPhase, Review, Verified } from "../domain/Attempt.ts"
import type { RecordedStep } from "../domain/attemptSteps.ts"
import type { Blame } from "../domain/Blame.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { BeadsId, RunId } from "../domain/Ids.ts"
import type { JobResult } from "../domain/JobResult.ts"
import type { Needed } from "../domain/Needed.ts"
import type { Outcome, SkipReason } from "../domain/Outcome.ts"
import type { ProviderName } from "../domain/Provider.ts"
import type { PushedWork } from "../domain/PushedWork.ts"
import type { ReviewDecision } from "../domain/ReviewDecision.ts"
import type { RunEndTag } from "../domain/RunEnd.ts"
import type { ProviderCheck } from "../domain/RunReport.ts"
import type { Usage } from "../domain/Usage.ts"
import type { ShadowRun } from "../domain/ShadowRun.ts"

/** A span of time. Milliseconds since the epoch; `until` is not in it. */
export interface Window {
  readonly since: number
  readonly until?: number | undefined
}

/** How many of the newest attempts `JournalQueries.bugs` looks at. */
export const RECENT_ATTEMPTS = 10_000

/** One run, without its lists: see `Journal.report` for these. */
export interface RunFacts {
  readonly run: RunId
  readonly host: string
  /** Milliseconds since the epoch. */
  readonly began: number
  /** Milliseconds since the epoch; `undefined` while the run is active, or if it was killed. */
  readonly ended: number | undefined
  /** How it ended; `undefined` also of a run of an earlier version. */
  readonly end: RunEndTag | undefined
  readonly exit: number | undefined
  readonly fetched: number
  readonly dispatched: number
  readonly failed: number
  /** The failure that ended the run as a whole. */
  readonly error: string | undefined
}

/** One attempt, without what only a dispatch needs. */
export interface AttemptFacts {
  readonly actor: Actor
  readonly run: RunId
  readonly beads: BeadsId
  readonly number: number
  readonly phase: AttemptPhase
  /** The provider that was asked last; of an acknowledged job, its provider. */
  readonly provider: ProviderName | undefined
  /** Whether a job was acknowledged. */
  readonly hadJob: boolean
  /** The bug was on hold, and was tried to see whether its provider has recovered. */
  readonly probe?: boolean
  /** Milliseconds since the epoch. */
  readonly began: number
  /** Milliseconds since the epoch of the last step. */
  readonly changed: number
  /** The next fields are `undefined` while the attempt is open. */
  readonly end: AttemptEnd | undefined
  readonly blame: Blame | undefined
  readonly verified: Verified | undefined
  /** Of `needs_human`. */
  readonly needs?: Needed | undefined
  readonly detail: string | undefined
  /** How long the job ran, in milliseconds. */
  readonly durationMs: number | undefined
  /** Of kept work. */
  readonly commits: number | undefined
  /** What the job made elsewhere. */
  readonly result?: JobResult | undefined
  /** The provider said that a limit holds until then. Milliseconds since the epoch. */
  readonly freeAt?: number | undefined
  /** What the job used, as its agent says. */
  readonly usage?: Usage | undefined
  readonly review: Review | undefined
  /** What became of the push of its branch. */
  readonly pushed?: PushedWork | undefined
  readonly branch: string | undefined
  readonly worktree: string | undefined
  /** The clone. */
  readonly repository: string
  readonly log: string | undefined
  /** A person wanted the bug tried again: what this attempt came to counts no more. */
  readonly cleared: boolean
  /** What a person decided about the work that was left. */
  readonly decision: ReviewDecision["decision"] | undefined
}

/** How the job of a settled attempt ended: what its provider is judged by. Read in a third of the time of `AttemptFacts`. */
export interface EndedJob {
  readonly beads: BeadsId
  readonly provider: ProviderName
  /** Milliseconds since the epoch: when the attempt was settled. */
  readonly changed: number
  readonly end: AttemptEnd
  readonly blame: Blame | undefined
  readonly detail: string
  /** The bug was on hold, and was tried to see whether its provider has recovered. */
  readonly probe: boolean
  /** The provider said that a limit holds until then. Milliseconds since the epoch. */
  readonly freeAt?: number | undefined
  /** Of `needs_human`. */
  readonly needs?: Needed | undefined
}

/** A bug that the last runs left alone for the same reason, whatever the figures in its words were. */
export interface UnchangedFacts {
  readonly beads: string
  readonly reason: SkipReason
  /** Of the last of these runs. */
  readonly detail: string
  /** When the first of these runs began, as far as it is kept. Milliseconds since the epoch. */
  readonly since: number
  /** How many runs that looked at bugs have ended since then. */
  readonly runs: number
}

/** A step of an attempt. */
export interface StepFacts {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly step: RecordedStep
}

/** The result of a run for one bug. */
export interface OutcomeFacts {
  readonly run: RunId
  /** When the run began. Milliseconds since the epoch. A bug that many runs skipped for one reason: the first of them. */
  readonly at: number
  /** Of a bug that many runs skipped for one reason: when the last of them began, as far as one has ended. */
  readonly lastAt: number
  readonly outcome: Outcome
}

/** The answer of a provider to a preflight. */
export interface CheckFacts {
  readonly run: RunId
  /** When the run began. Milliseconds since the epoch. */
  readonly at: number
  readonly check: ProviderCheck
}

/** How often a provider refused a run for one reason. */
export interface RefusalFacts {
  readonly provider: ProviderName
  readonly detail: string
  readonly runs: number
}

/**
 * What the operator's commands ask the journal. Only reads: each answer takes well under 200 ms with a million attempts. A
 * journal that is damaged or of a later version fails with `JournalFailed`; one that does not exist has no rows.
 *
 * The layers: `SqliteQueries.layer`, and `FakeJournal.layer` of the test kit.
 *
 * @example
 * const [last] = yield* Effect.flatMap(JournalQueries, (journal) => journal.runs({ last: 1 }))
 */
export class JournalQueries extends Context.Tag("nightly-dispatch/JournalQueries")<
  JournalQueries,
  {
    /** The runs that began in the window, or the last so many; the newest first. */
    readonly runs: (which: Window | { readonly last: number }) => Effect.Effect<ReadonlyArray<RunFacts>, JournalFailed>
    /** The attempts with an acknowledged job that were settled in the window, the first that was settled first. */
    readonly ended: (window: Window) => Effect.Effect<ReadonlyArray<AttemptFacts>, JournalFailed>
    /** The jobs of the same attempts, in the same order. */
    readonly endedJobs: (window: Window) => Effect.Effect<ReadonlyArray<EndedJob>, JournalFailed>
    /** The attempts that are not settled, oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<AttemptFacts>, JournalFailed>
    /** The attempts at this bug, oldest first. */
    readonly attemptsOf: (beads: BeadsId) => Effect.Effect<ReadonlyArray<AttemptFacts>, JournalFailed>
    /**
     * The work that waits for a person as far as the journal knows, settled in the window, the oldest first: the last attempt of
     * its bug, with an end that waits for review, that no person has decided about or cleared.
     */
    readonly waiting: (window: Window) => Effect.Effect<ReadonlyArray<AttemptFacts>, JournalFailed>
    /** The steps of an attempt, in order. */
    readonly steps: (actor: Actor) => Effect.Effect<ReadonlyArray<StepFacts>, JournalFailed>
    /** What the last so many runs with a result for this bug came to, the newest first. */
    readonly outcomesOf: (beads: string, last: number) => Effect.Effect<ReadonlyArray<OutcomeFacts>, JournalFailed>
    /** The bugs that the last run which skipped bugs left alone, each with how long that has been for the same reason; by id. */
    readonly unchanged: Effect.Effect<ReadonlyArray<UnchangedFacts>, JournalFailed>
    /** The newest answer of each provider. */
    readonly checks: Effect.Effect<ReadonlyArray<CheckFacts>, JournalFailed>
    /** Why providers refused the runs that began in the window; per provider the commonest reason first. */
    readonly refusals: (window: Window) => Effect.Effect<ReadonlyArray<RefusalFacts>, JournalFailed>
    /** How many bugs were dispatched to each provider because an earlier one of the chain did not take them. */
    readonly fallbacks: (window: Window) => Effect.Effect<ReadonlyMap<ProviderName, number>, JournalFailed>
    /** The bugs of the `RECENT_ATTEMPTS` newest attempts, by id: to find the one that a person meant. */
    readonly bugs: Effect.Effect<ReadonlyArray<BeadsId>, JournalFailed>
    /** The shadow runs of the window, or the last so many; the oldest first. */
    readonly shadows: (
      which: Window | { readonly last: number }
    ) => Effect.Effect<ReadonlyArray<ShadowRun>, JournalFailed>
    /** The decisions about work in the window, the oldest first. */
    readonly decisions: (window: Window) => Effect.Effect<ReadonlyArray<ReviewDecision>, JournalFailed>
  }
>() {}
