import { Cause, Effect, Exit, Option, Ref, Schema, type Scope } from "effect"
import type { Attempt, Intent } from "../../domain/Attempt.ts"
import type { AttemptStep } from "../../domain/attemptSteps.ts"
import { DispatchError, UnexpectedFailure, type JournalFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import { Journal } from "../../journal/Journal.ts"
import type { ClaimOwner } from "../claims/claimScoped.ts"
import type { JobTrace } from "../../runner/DxRunner.ts"
import { ChainFailed } from "../providers/chain.ts"
import { traceOf } from "./trace.ts"

/** An attempt's record in the journal, for one scope. */
export interface AttemptRecord extends ClaimOwner {
  readonly advance: (step: AttemptStep) => Effect.Effect<Attempt, JournalFailed>
  /** What the runner recognises the attempt's job by, as far as it is on record. */
  readonly trace: Effect.Effect<JobTrace>
}

const isDispatchError = Schema.is(DispatchError)

/** The error that made a dispatch fail. A defect becomes an `UnexpectedFailure`. */
export const errorOf = (cause: Cause.Cause<unknown>): DispatchError => {
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  if (failure instanceof ChainFailed) return failure.error
  return isDispatchError(failure) ? failure : new UnexpectedFailure({ detail: oneLine(Cause.pretty(cause), 500) })
}

const settledStep = (cause: Cause.Cause<unknown>): AttemptStep => {
  if (Cause.isInterruptedOnly(cause)) {
    const detail = "the run was interrupted; this attempt holds no claim"
    return { _tag: "Settled", end: "lost", blame: "host", detail }
  }
  const { blame, code, message } = errorOf(cause)
  return { _tag: "Settled", end: "failed", code, blame, detail: oneLine(message) }
}

/**
 * Writes the attempt into the journal before its claim, and settles it when the scope closes, after claim, worktree and
 * prompt were rolled back. The record of an attempt that succeeded, or that was left open, stays open.
 */
export const openRecord = (intent: Intent): Effect.Effect<AttemptRecord, JournalFailed, Journal | Scope.Scope> =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const staysOpen = yield* Ref.make(false)
    const recorded = yield* Ref.make<JobTrace>({ attempt: intent.actor })
    const mayRelease = yield* Ref.make(true)
    const advance = (step: AttemptStep) =>
      journal.advance(intent.actor, step).pipe(
        Effect.tap((attempt) => Ref.set(recorded, traceOf(attempt))),
        Effect.tapError(({ reason }) => (reason === "fenced" ? Ref.set(mayRelease, false) : Effect.void))
      )
    const close = (cause: Cause.Cause<unknown>) =>
      Effect.catchAll(advance(settledStep(cause)), (error) =>
        Effect.logError(
          `cannot write the end of ${intent.actor}, so the next run settles ${intent.beads} once more: ${error.message}`
        )
      )
    yield* Effect.acquireRelease(journal.intend(intent), (_, exit) =>
      Exit.isSuccess(exit) ? Effect.void : Effect.unlessEffect(close(exit.cause), Ref.get(staysOpen))
    )
    return {
      actor: intent.actor,
      advance,
      trace: Ref.get(recorded),
      leaveOpen: Ref.set(staysOpen, true),
      mayRelease: Ref.get(mayRelease),
      settleOnClose: Ref.set(staysOpen, false)
    }
  })
