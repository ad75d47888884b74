import { Cause, Clock, Effect, Exit, Layer, Option, Ref } from "effect"
import { UnexpectedFailure, type DispatchError, type ProviderAttempt } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Dispatched, Failed, Skipped, type Outcome } from "../../domain/Outcome.ts"
import { oneLine } from "../../domain/Text.ts"
import { Journal } from "../../journal/Journal.ts"
import { attempt, type Services, type Started, type Track } from "./attempt.ts"
import type { Custody } from "../claims/claimScoped.ts"
import { Dispatcher, type RunContext } from "./Dispatcher.ts"
import { Progress } from "../../domain/Progress.ts"

const toOutcome = (
  issue: Issue,
  durationMs: number,
  passedOver: ReadonlyArray<ProviderAttempt>,
  result: Started | Skipped
): Outcome =>
  result instanceof Skipped
    ? result
    : new Dispatched({
        beads: issue.id,
        provider: result.ack.provider,
        durationMs,
        how: result.ack.how,
        pid: result.ack.pid,
        runInstance: result.ack.runInstance,
        log: result.ack.log,
        worktree: result.workspace.path,
        branch: result.workspace.branch,
        passedOver
      })

const failed = (
  beads: BeadsId,
  durationMs: number,
  passedOver: ReadonlyArray<ProviderAttempt>,
  error: DispatchError
): Outcome =>
  error._tag === "ProviderUnavailable" && error.attempts.every((one) => one.capacity)
    ? new Skipped({ beads, reason: "no_capacity", detail: error.message })
    : new Failed({
        beads,
        provider: passedOver.at(-1)?.provider,
        code: error.code,
        blame: error.blame,
        error: error.message,
        durationMs,
        passedOver
      })

const reason = (cause: Cause.Cause<DispatchError>): DispatchError =>
  Option.getOrElse(
    Cause.failureOption(cause),
    () => new UnexpectedFailure({ detail: oneLine(Cause.pretty(cause), 500) })
  )

/**
 * Writes down the end of an attempt that came to nothing and left nothing. One that may have left something stays open, and
 * the next run looks after it.
 */
const close = Effect.fn("dispatch.close")(function* (
  actor: Actor,
  custody: Custody,
  cause: Cause.Cause<DispatchError>
) {
  if (custody === "left" || custody === "handed over") return
  const journal = yield* Journal
  const interrupted = Cause.isInterruptedOnly(cause)
  const error = interrupted ? undefined : reason(cause)
  yield* journal
    .advance(actor, {
      _tag: "Settled",
      ...(error === undefined
        ? { end: "lost", blame: "host", detail: "the run was interrupted, and everything was put back" }
        : { end: "failed", code: error.code, blame: error.blame, detail: oneLine(error.message) })
    })
    .pipe(
      Effect.catchAll((failure) => Effect.logError(`the end of ${actor} could not be written down: ${failure.message}`))
    )
})

/** Dispatches one bug. Whatever becomes of it is an outcome; only an interruption gets through, with everything put back. */
export const dispatchIssue = Effect.fn("dispatchIssue")(function* (
  issue: Issue,
  context: RunContext
): Effect.fn.Return<Outcome, never, Services> {
  const progress = yield* Progress
  const track: Track = {
    passedOver: yield* Ref.make<ReadonlyArray<ProviderAttempt>>([]),
    custody: yield* Ref.make<Custody>("none"),
    actor: yield* Ref.make<Actor | undefined>(undefined)
  }
  const begin = yield* Clock.currentTimeMillis
  const exit = yield* Effect.uninterruptibleMask((restore) =>
    restore(Effect.scoped(attempt(issue, context, track))).pipe(
      Effect.onExit((exit) =>
        Effect.gen(function* () {
          const [actor, custody] = yield* Effect.all([Ref.get(track.actor), Ref.get(track.custody)])
          if (Exit.isFailure(exit) && actor !== undefined) yield* close(actor, custody, exit.cause)
        })
      ),
      Effect.exit
    )
  )
  // Of two things at once the failure of one interrupts the other: only that is no reason to stop the night.
  if (Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)) return yield* Effect.interrupt
  const durationMs = (yield* Clock.currentTimeMillis) - begin
  if (Exit.isFailure(exit) && Cause.isDie(exit.cause))
    yield* Effect.logError(`defect in the dispatch of ${issue.id}`, exit.cause)
  const tried = yield* Ref.get(track.passedOver)
  yield* progress.step(issue.id, "done")
  return Exit.isSuccess(exit)
    ? toOutcome(issue, durationMs, tried, exit.value)
    : failed(issue.id, durationMs, tried, reason(exit.cause))
})

/** Starts a job for each bug it is given. */
export const layer: Layer.Layer<Dispatcher, never, Services> = Layer.effect(
  Dispatcher,
  Effect.map(Effect.context<Services>(), (services) => ({
    dry: false,
    dispatch: (issue, context) => Effect.provide(dispatchIssue(issue, context), services)
  }))
)
