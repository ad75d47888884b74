import { Effect, Either } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import type { RunnerFailed } from "../../domain/Failure.ts"
import { Notice, Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { traceOf } from "../attempt/trace.ts"
import { stillOpen, type Settling } from "./settlement.ts"

/** What is stopped, in a word, and how. */
interface Stoppable {
  readonly what: "job" | "check"
  readonly stop: Effect.Effect<boolean, RunnerFailed>
}

/**
 * Stops the attempt's job wholly, or the check of its work, then goes on with `settle`. The attempt stays open, with an alert, if a
 * process of the job still works. `why`: the reason for the stop, as a sentence without its end.
 */
export const stopJob = Effect.fn("settle.stop")(function* (
  attempt: Attempt,
  why: string,
  settle: Settling,
  stoppable?: Stoppable
): Effect.fn.Return<Effect.Effect.Success<Settling>, Effect.Effect.Error<Settling>, Effect.Effect.Context<Settling>> {
  const [runner, journal] = yield* Effect.all([DxRunner, Journal])
  const { actor, beads } = attempt
  const { stop, what } = stoppable ?? { what: "job", stop: runner.stop(beads, traceOf(attempt)) }
  yield* Effect.logWarning(`${beads}: ${why}; ending its ${what}`)
  const isGone = yield* Effect.either(stop)
  if (Either.isLeft(isGone)) return stillOpen(attempt, `${why}, and it could not be ended: ${isGone.left.message}`)
  if (isGone.right) return yield* settle
  const text = `The ${what} for ${beads} could not be ended: ${why}.`
  yield* journal.notice(Notice.make({ key: `stuck ${actor}`, kind: "claim_stuck", beads, text }))
  return stillOpen(attempt, `${why}, and it could not be ended`)
})
