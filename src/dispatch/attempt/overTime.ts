import { Effect } from "effect"
import { workspaceOf, type Attempt } from "../../domain/Attempt.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Failed, type Outcome } from "../../domain/Outcome.ts"
import type { RunId } from "../../domain/Ids.ts"
import { placeInWords } from "../../domain/Workspace.ts"
import { Journal } from "../../journal/Journal.ts"

/** What is left of an interrupted attempt, as the journal knows it; `undefined`: nothing was claimed. */
const remainsOf = (attempt: Attempt | undefined): string => {
  if (attempt === undefined) return "nothing had been claimed"
  if (attempt.phase === "settled") return attempt.detail
  const workspace = workspaceOf(attempt)
  const place = workspace === undefined ? "" : `, with its worktree ${placeInWords(workspace)}`
  switch (attempt.phase) {
    case "acknowledged":
      return `its job runs and keeps claim and prompt${place}`
    case "starting":
      return `its job may run, so claim and prompt are kept${place}; the next run settles it`
    default:
      return `its claim may still be held (${attempt.phase})${place}; the next run settles it`
  }
}

/** The outcome of a dispatch that the end of `timeouts.run` has interrupted: says what the journal shows was kept. */
export const overTime = Effect.fn("dispatch.overTime")(function* (
  { id }: Issue,
  run: RunId
): Effect.fn.Return<Outcome, never, Journal> {
  const journal = yield* Journal
  const remains = yield* Effect.match(journal.of(id), {
    onSuccess: (attempts) => remainsOf(attempts.findLast((attempt) => attempt.run === run)),
    onFailure: ({ message }) => `what was kept is not known, and the next run settles it: ${message}`
  })
  const error = `timeouts.run was over; ${remains}`
  return new Failed({ beads: id, code: "timeout", blame: "host", error, durationMs: 0, passedOver: [] })
})
