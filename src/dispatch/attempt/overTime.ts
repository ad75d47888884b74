import { Effect } from "effect"
import type { Issue } from "../../domain/Issue.ts"
import { Failed, type Outcome } from "../../domain/Outcome.ts"
import type { RunId } from "../../domain/Ids.ts"
import { Journal } from "../../journal/Journal.ts"
import { remainsOf, remainsUnknown } from "./remains.ts"

/** The outcome of a dispatch that the end of `timeouts.run` has interrupted: says what the journal shows was kept. */
export const overTime = Effect.fn("dispatch.overTime")(function* (
  { id }: Issue,
  run: RunId
): Effect.fn.Return<Outcome, never, Journal> {
  const journal = yield* Journal
  const remains = yield* Effect.match(journal.of(id), {
    onSuccess: (attempts) => remainsOf(attempts.findLast((attempt) => attempt.run === run)),
    onFailure: remainsUnknown
  })
  const error = `timeouts.run was over; ${remains}`
  return new Failed({ beads: id, code: "timeout", blame: "host", error, durationMs: 0, passedOver: [] })
})
