import { Effect } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import { checkedAndFinished } from "./checkWork.ts"
import { clearWorkspace, type Over } from "./finish.ts"
import { stillOpen, type Claims, type Settling } from "./settlement.ts"

/** Finishes the attempt, after its worktree was removed if it holds no work. Good work is checked first. */
export const clearedAndFinished = (attempt: Attempt, over: Over, claims: Claims): Settling =>
  clearWorkspace(attempt, over).pipe(
    Effect.flatMap((final) => checkedAndFinished(attempt, final, claims)),
    Effect.catchTag("WorkspaceFailed", (error) => Effect.succeed(stillOpen(attempt, error.message)))
  )
