import { Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Attempt, Ending } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { traceOf } from "../attempt/trace.ts"
import { finished, stillOpen, type Claims, type Settlement, type SettleServices } from "./settlement.ts"

/** Its time is over, but its job may still work: releases the claim, and leaves job and worktree alone. */
export const abandon = Effect.fn("settle.abandon")(function* (
  attempt: Attempt,
  ending: Ending,
  claims: Claims
): Effect.fn.Return<Settlement, JournalFailed, SettleServices> {
  // Before `Ending` is written: while the tracker cannot be read, the attempt stays as it is.
  const issue = yield* Effect.either(Effect.flatMap(BeadsCli, (tracker) => tracker.show(attempt.beads)))
  if (Either.isLeft(issue)) return stillOpen(attempt, `${ending.detail}; ${issue.left.message}`)
  const runner = yield* DxRunner
  const given = yield* Effect.either(runner.abandon(attempt.beads, traceOf(attempt)))
  if (Either.isLeft(given)) return stillOpen(attempt, `${ending.detail}; ${given.left.message}`)
  const settlement = yield* finished(attempt, ending, claims)
  return settlement._tag === "Ended" ? { ...settlement, mayRun: true } : settlement
})
