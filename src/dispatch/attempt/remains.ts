import { Effect } from "effect"
import { workspaceOf, type Attempt } from "../../domain/Attempt.ts"
import type { RunId } from "../../domain/Ids.ts"
import { placeInWords } from "../../domain/Workspace.ts"
import { Journal } from "../../journal/Journal.ts"

/** What is left of an interrupted attempt, as the journal knows it. `undefined`: no attempt was begun. */
export const remainsOf = (attempt: Attempt | undefined): string => {
  if (attempt === undefined) return "nothing had been claimed"
  if (attempt.phase === "settled") return attempt.detail
  const workspace = workspaceOf(attempt)
  const place = workspace === undefined ? "" : `, with its worktree ${placeInWords(workspace)}`
  switch (attempt.phase) {
    case "acknowledged":
      return `its job runs and keeps claim and prompt${place}`
    case "verifying":
      return `its job has ended, and its work is being checked${place}; the next run settles it`
    case "starting":
      return `its job may run, so claim and prompt are kept${place}; the next run settles it`
    default:
      return `its claim may still be held (${attempt.phase})${place}; the next run settles it`
  }
}

/** Why it is not known what was kept. */
export const remainsUnknown = ({ message }: { readonly message: string }): string =>
  `what was kept is not known, and the next run settles it: ${message}`

/** Logs what an interrupted run has left, as the journal shows it after the rollback. */
export const logRemains = Effect.fn("run.logRemains")(function* (run: RunId): Effect.fn.Return<void, never, Journal> {
  const journal = yield* Journal
  const open = yield* Effect.either(journal.open)
  if (open._tag === "Left") return yield* Effect.logWarning(`interrupted; ${remainsUnknown(open.left)}`)
  const left = open.right.filter((attempt) => attempt.run === run)
  if (left.length === 0) return yield* Effect.logInfo("interrupted; this run holds no claim and has left no job")
  yield* Effect.forEach(left, (attempt) => Effect.logWarning(`interrupted; ${attempt.beads}: ${remainsOf(attempt)}`))
})
