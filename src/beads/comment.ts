import { Effect } from "effect"
import { BeadsCli } from "./BeadsCli.ts"
import type { Actor } from "../domain/Actor.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { Redact } from "../domain/Redaction.ts"

/**
 * A comment in the tracker, which more people read than a log: what a tool said goes there without its secrets. Nothing
 * depends on it, so one that cannot be written is a line of the log; `about` says what it would have told.
 */
export const comment = Effect.fn("comment")(function* (id: BeadsId, actor: Actor, text: string, about: string) {
  const [beads, redact] = yield* Effect.all([BeadsCli, Redact])
  yield* Effect.catchAll(beads.comment(id, actor, redact(`nightly-dispatch: ${text}`)), (error) =>
    Effect.logWarning(`${id} has no comment about ${about}: ${error.message}`)
  )
})
