import { ackOf, workspaceOf, type Attempt } from "../../domain/Attempt.ts"
import type { JobTrace } from "../../runner/DxRunner.ts"

/** What the runner recognises the attempt's job by. */
export const traceOf = (attempt: Attempt): JobTrace => ({
  attempt: attempt.actor,
  starter: "starter" in attempt ? attempt.starter : undefined,
  worktree: workspaceOf(attempt)?.path,
  log: ackOf(attempt)?.log
})
