import { Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { digest } from "../../domain/Attempt.ts"
import { standing, type Standing } from "../../domain/History.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Skipped } from "../../domain/Outcome.ts"
import { Alert, Journal } from "../../journal/Journal.ts"
import { comment } from "../../beads/comment.ts"

/** What the journal knows of each of these bugs. */
export const standings = (issues: ReadonlyArray<Issue>) =>
  Effect.flatMap(Journal, (journal) =>
    Effect.map(
      Effect.forEach(issues, (issue) =>
        Effect.map(
          journal.of(issue.id),
          (attempts) => [issue.id, standing(attempts, digest(issue.description))] as const
        )
      ),
      (all) => new Map<string, Standing>(all)
    )
  )

/** These issues as they are now. One that the tracker cannot show is left out. */
export const shown = Effect.fn("shown")(function* (ids: ReadonlyArray<BeadsId>) {
  const beads = yield* BeadsCli
  const issues = yield* Effect.forEach(ids, (id) =>
    Effect.catchAll(beads.show(id), (error) =>
      Effect.as(Effect.logWarning(`a copy of ${id} will not be known as one: ${error.message}`), undefined)
    )
  )
  return issues.filter((issue) => issue !== undefined)
})

/** Says in the tracker and in the outbox, once for each description, that a bug is left alone from now on. */
export const giveUp = Effect.fn("giveUp")(function* (
  skipped: ReadonlyArray<Skipped>,
  issues: ReadonlyArray<Issue>,
  actor: Actor
) {
  const journal = yield* Journal
  for (const { beads: id, detail } of skipped.filter(({ reason }) => reason === "attempts_used_up")) {
    const issue = issues.find((one) => one.id === id)
    if (issue === undefined) continue
    const text = `${issue.id} is left alone: ${detail}`
    const key = `used up ${issue.id} ${digest(issue.description)}`
    if (!(yield* journal.raise(Alert.make({ key, kind: "attempts_used_up", beads: issue.id, text })))) continue
    yield* Effect.logWarning(text)
    yield* comment(issue.id, actor, text, "it")
  }
})
