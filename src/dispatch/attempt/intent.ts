import { Effect } from "effect"
import { digest, type Intent } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { standing } from "../../domain/History.ts"
import { actorOf } from "../../domain/Actor.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Redact } from "../../domain/Redaction.ts"
import { Journal } from "../../journal/Journal.ts"
import type { RunContext } from "./Dispatcher.ts"

/**
 * What the next attempt at this bug is, and what the earlier ones did. That is for the next prompt, so no secret is in it,
 * whatever the journal holds: a tool had said it by accident. The bug's own text is no accident and stays as it is, because
 * whoever wrote it has shown it to everybody already, and what looks like a key may be what the bug is about.
 */
export const intentOf = Effect.fn("dispatch.intent")(function* (
  issue: Issue,
  context: RunContext
): Effect.fn.Return<{ readonly intent: Intent; readonly earlier: ReadonlyArray<string> }, JournalFailed, Journal> {
  const [journal, redact] = yield* Effect.all([Journal, Redact])
  const attempts = yield* journal.of(issue.id)
  const number = attempts.reduce((most, attempt) => Math.max(most, attempt.number), 0) + 1
  const { host, repository, run } = context
  const tried = digest(issue.description)
  return {
    intent: {
      actor: actorOf({ host, run, attempt: yield* context.nextAttempt }),
      run,
      beads: issue.id,
      number,
      digest: tried,
      repository
    },
    earlier: standing(attempts, tried).earlier.map(redact)
  }
})
