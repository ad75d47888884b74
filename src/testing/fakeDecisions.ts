import { Effect, Ref } from "effect"
import { JournalFailed } from "../domain/Failure.ts"
import type { ReviewDecision } from "../domain/ReviewDecision.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"

/** The part of a journal in memory that remembers what a person decided about the work of an attempt. */
export const makeDecisions = Effect.fnUntraced(function* ({
  select
}: Pick<Effect.Effect.Success<ReturnType<typeof makeAttempts>>, "select">) {
  const decisions = yield* Ref.make<ReadonlyMap<string, ReviewDecision>>(new Map())
  return {
    all: Effect.map(Ref.get(decisions), (all) => [...all.values()]),
    decide: Effect.fnUntraced(function* (decision: ReviewDecision) {
      const { actor } = decision
      const [attempt] = yield* select((each) => each.actor === actor)
      if (attempt?.phase !== "settled") {
        const detail = `${actor} has no settled attempt`
        return yield* new JournalFailed({ file: "memory", reason: "illegal", detail })
      }
      yield* Ref.update(decisions, (all) => new Map(all).set(actor, decision))
    })
  }
})
