import { Clock, Effect, Ref } from "effect"
import type { Actor } from "../domain/Actor.ts"
import type { Attempt } from "../domain/Attempt.ts"
import type { RecordedStep } from "../domain/attemptSteps.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { StepFacts } from "../journal/JournalQueries.ts"

/** A step of an attempt in a journal in memory. */
export interface FakeStep extends StepFacts {
  readonly actor: Actor
}

/** The part of a journal in memory that remembers the steps of attempts. */
export const makeSteps = Effect.fnUntraced(function* (
  earlier: ReadonlyArray<FakeStep>,
  asRecord: (step: RecordedStep) => Effect.Effect<RecordedStep, JournalFailed>
) {
  const steps = yield* Ref.make<ReadonlyArray<FakeStep>>(earlier)
  return {
    of: (actor: Actor) =>
      Effect.map(Ref.get(steps), (all) =>
        all.flatMap((each) => (each.actor === actor ? [{ at: each.at, step: each.step }] : []))
      ),
    /** Keeps the step that made this attempt what it is. */
    add: (step: RecordedStep) => (attempt: Attempt) =>
      Effect.flatMap(Effect.all([asRecord(step), Clock.currentTimeMillis]), ([written, at]) =>
        Ref.update(steps, (all) => [...all, { actor: attempt.actor, at, step: written }])
      )
  }
})
