import { Cause, Clock, Effect, Exit, Layer, Option, Ref } from "effect"
import { UnexpectedFailure, type DispatchError, type ProviderAttempt } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import { Dispatched, Failed, Skipped, type Outcome } from "../domain/Outcome.ts"
import { oneLine } from "../domain/Text.ts"
import { attempt, type Services, type Started } from "./attempt.ts"
import { Dispatcher, type RunContext } from "./Dispatcher.ts"
import { Progress } from "./Progress.ts"
import { sweepPrompts } from "./sweepPrompts.ts"

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

/** Dispatches one bug. Whatever becomes of it is an outcome; only an interruption gets through, with everything put back. */
export const dispatchIssue = Effect.fn("dispatchIssue")(function* (
  issue: Issue,
  context: RunContext
): Effect.fn.Return<Outcome, never, Services> {
  const progress = yield* Progress
  const passedOver = yield* Ref.make<ReadonlyArray<ProviderAttempt>>([])
  const begin = yield* Clock.currentTimeMillis
  const exit = yield* Effect.exit(Effect.scoped(attempt(issue, context, passedOver)))
  if (Exit.isFailure(exit) && Cause.isInterrupted(exit.cause)) return yield* Effect.interrupt
  const durationMs = (yield* Clock.currentTimeMillis) - begin
  if (Exit.isFailure(exit) && Cause.isDie(exit.cause))
    yield* Effect.logError(`defect in the dispatch of ${issue.id}`, exit.cause)
  const tried = yield* Ref.get(passedOver)
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
    settle: Effect.provide(sweepPrompts, services),
    dispatch: (issue, context) => Effect.provide(dispatchIssue(issue, context), services)
  }))
)
