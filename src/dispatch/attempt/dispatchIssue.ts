import { Cause, Effect, Exit, Layer } from "effect"
import { bootMillis } from "../../domain/BootClock.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Dispatched, Skipped, unsuccessful, type Outcome } from "../../domain/Outcome.ts"
import { emit } from "../../domain/Events.ts"
import { withRedactedLogs } from "../../domain/redactedLogs.ts"
import { withAttributes } from "../../domain/traceContext.ts"
import { ChainFailed } from "../providers/chain.ts"
import { attempt, type Started } from "./attempt.ts"
import { Dispatcher, type DispatchServices, type RunContext } from "./Dispatcher.ts"
import { errorOf } from "./record.ts"

type Before = Pick<RunContext, "passedOver">

const succeeded = (durationMs: number, { passedOver, value: ack, workspace }: Started, before: Before): Outcome =>
  new Dispatched({
    ...ack,
    durationMs,
    worktree: workspace.path,
    branch: workspace.branch,
    passedOver: [...before.passedOver, ...passedOver]
  })

const failed = ({ id: beads }: Issue, durationMs: number, cause: Cause.Cause<unknown>, before: Before): Outcome => {
  const failure = Cause.failureOption(cause)
  const passedOver = failure._tag === "Some" && failure.value instanceof ChainFailed ? failure.value.passedOver : []
  return unsuccessful(beads, errorOf(cause), {
    durationMs,
    provider: passedOver.at(-1)?.provider,
    passedOver: [...before.passedOver, ...passedOver]
  })
}

/**
 * Dispatches one bug. Never fails: the result is an outcome. An interruption ends the effect after the rollback.
 *
 * @example
 * Effect.map(dispatchIssue(issue, context), (outcome) => outcome._tag) // "Dispatched", "Failed" or "Skipped"
 */
export const dispatchIssue = Effect.fn("dispatchIssue")(
  function* (issue: Issue, context: RunContext): Effect.fn.Return<Outcome, never, DispatchServices> {
    const begin = yield* bootMillis
    const exit = yield* Effect.exit(Effect.scoped(attempt(issue, context)))
    // When two effects run at once, the failure of one interrupts the other. Only a cause that is nothing but an
    // interruption means that the run itself was interrupted.
    if (Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)) return yield* Effect.interrupt
    const durationMs = (yield* bootMillis) - begin
    if (Exit.isFailure(exit) && Cause.isDie(exit.cause)) {
      yield* Effect.logError(`a defect in nightly-dispatch stopped the dispatch of ${issue.id}`, exit.cause)
    }
    yield* emit({ _tag: "StepBegun", beads: issue.id, step: "done" })
    if (Exit.isFailure(exit)) return failed(issue, durationMs, exit.cause, context)
    return exit.value instanceof Skipped ? exit.value : succeeded(durationMs, exit.value, context)
  },
  (effect, { id: beads }) => withRedactedLogs(withAttributes(effect, { beads }))
)

/**
 * A `Dispatcher` that starts a job for each bug.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(DispatchIssue.layer))
 */
export const layer: Layer.Layer<Dispatcher> = Layer.succeed(Dispatcher, { dry: false, dispatch: dispatchIssue })
