import { Effect, Ref } from "effect"
import { JournalFailed } from "../domain/Failure.ts"
import type { ReviewDecision } from "../domain/ReviewDecision.ts"
import type { makeAttempts } from "./fakeJournalParts.ts"

/** The part of a journal in memory that remembers what a person decided about the work of an attempt. */
export const makeDecisions = Effect.fnUntraced(function* (
  { keep, select }: Pick<Effect.Effect.Success<ReturnType<typeof makeAttempts>>, "keep" | "select">,
  earlier: ReadonlyArray<ReviewDecision>
) {
  const decisions = yield* Ref.make<ReadonlyMap<string, ReviewDecision>>(
    new Map(earlier.map((each) => [each.actor, each]))
  )
  return {
    /** Those about attempts that are on record, in the order they were first made. */
    all: Effect.zipWith(
      Ref.get(decisions),
      select(({ phase }) => phase === "settled"),
      (all, settled) => {
        const known = new Set<string>(settled.map(({ actor }) => actor))
        return [...all.values()].filter(({ actor }) => known.has(actor))
      }
    ),
    decide: Effect.fnUntraced(function* (decision: ReviewDecision) {
      const { actor } = decision
      const [attempt] = yield* select((each) => each.actor === actor)
      if (attempt?.phase !== "settled") {
        const detail = `${actor} has no settled attempt`
        return yield* new JournalFailed({ file: "memory", reason: "illegal", detail })
      }
      const { rejected: _, ...others } = attempt
      yield* keep(decision.decision === "rejected" ? { ...others, rejected: true } : others)
      yield* Ref.update(decisions, (all) => new Map(all).set(actor, decision))
    })
  }
})
