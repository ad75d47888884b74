import { ackOf, workspaceOf, type Attempt } from "../../domain/Attempt.ts"
import type { JobTrace } from "../../runner/DxRunner.ts"

/** What the runner recognises the attempt's job by, or the verifier the check of its work. */
export const traceOf = (attempt: Attempt): JobTrace => {
  const workspace = workspaceOf(attempt)
  const place = workspace?.shipped ? undefined : workspace?.path
  return {
    attempt: attempt.actor,
    starter: attempt.phase === "verifying" ? attempt.checker : "starter" in attempt ? attempt.starter : undefined,
    worktree: (attempt.phase === "verifying" ? attempt.onBase?.path : undefined) ?? place,
    log: ackOf(attempt)?.log
  }
}
