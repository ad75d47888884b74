import { Effect } from "effect"
import { comment } from "../../beads/comment.ts"
import type { Actor } from "../../domain/Actor.ts"
import { taskDigest } from "../../domain/digest.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Skipped, SkipReason } from "../../domain/Outcome.ts"
import { Notice, Journal } from "../../journal/Journal.ts"

const KEYS: ReadonlyMap<SkipReason, string> = new Map([
  ["attempts_used_up", "used up"],
  ["undecided", "undecided"],
  ["bug_budget", "bug budget"]
])

/** Reports that a bug is on hold and why: by a comment and an alert, once for each reason and task of the bug. */
export const reportUsedUp = Effect.fn("reportUsedUp")(function* (
  skipped: ReadonlyArray<Skipped>,
  issues: ReadonlyArray<Issue>,
  actor: Actor
) {
  const journal = yield* Journal
  const byId = new Map<string, Issue>(issues.map((issue) => [issue.id, issue]))
  for (const { beads: id, detail, reason } of skipped) {
    const [name, issue] = [KEYS.get(reason), byId.get(id)]
    if (name === undefined || issue === undefined) continue
    const text = `${issue.id} is left alone: ${detail}`
    const key = `${name} ${issue.id} ${taskDigest(issue)}`
    const isNew = yield* journal.notice(Notice.make({ key, kind: "attempts_used_up", beads: issue.id, text }))
    if (!isNew) continue
    yield* Effect.logWarning(text)
    yield* comment(issue.id, actor, text, "it")
  }
})
