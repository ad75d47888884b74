import { Effect } from "effect"
import { comment } from "../../beads/comment.ts"
import type { Actor } from "../../domain/Actor.ts"
import { digest } from "../../domain/digest.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Skipped } from "../../domain/Outcome.ts"
import { Alert, Journal } from "../../journal/Journal.ts"

/** Reports that a bug has used up its attempts: by a comment and an alert, once for each description of the bug. */
export const reportUsedUp = Effect.fn("reportUsedUp")(function* (
  skipped: ReadonlyArray<Skipped>,
  issues: ReadonlyArray<Issue>,
  actor: Actor
) {
  const journal = yield* Journal
  for (const { beads: id, detail } of skipped.filter(({ reason }) => reason === "attempts_used_up")) {
    const issue = issues.find((candidate) => candidate.id === id)
    if (issue === undefined) continue
    const text = `${issue.id} is left alone: ${detail}`
    const key = `used up ${issue.id} ${digest(issue.description)}`
    const isNew = yield* journal.raise(Alert.make({ key, kind: "attempts_used_up", beads: issue.id, text }))
    if (!isNew) continue
    yield* Effect.logWarning(text)
    yield* comment(issue.id, actor, text, "it")
  }
})
