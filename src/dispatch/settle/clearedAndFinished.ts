import { Effect } from "effect"
import type { Attempt, Ending } from "../../domain/Attempt.ts"
import { checkedAndFinished } from "./checkWork.ts"
import { clearWorkspace } from "./finish.ts"
import { stillOpen, type Claims, type Settling } from "./settlement.ts"

/**
 * Finishes the attempt, after its worktree was removed if it holds no work. `withoutWork`: how the attempt ended then. Good work is
 * checked first.
 */
export const clearedAndFinished = (
  attempt: Attempt,
  ending: Ending,
  claims: Claims,
  withoutWork: Ending = ending
): Settling =>
  clearWorkspace(attempt, ending, withoutWork).pipe(
    Effect.flatMap((final) => checkedAndFinished(attempt, final, claims)),
    Effect.catchTag("WorkspaceFailed", (error) => Effect.succeed(stillOpen(attempt, error.message)))
  )
