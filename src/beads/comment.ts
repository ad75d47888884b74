import { Effect } from "effect"
import { BeadsCli } from "./BeadsCli.ts"
import type { Actor } from "../domain/Actor.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { OWN_COMMENT } from "../domain/Issue.ts"
import { Redact } from "../domain/Redaction.ts"

/**
 * Writes a comment for the operator, with secrets redacted: more people read the tracker than the log. No result depends
 * on the comment, so a failure is only logged. `about` names the comment's subject in that log line.
 */
export const comment = Effect.fn("comment")(function* (id: BeadsId, actor: Actor, text: string, about: string) {
  const [beads, redact] = yield* Effect.all([BeadsCli, Redact])
  yield* Effect.catchAll(beads.comment(id, actor, redact(`${OWN_COMMENT}${text}`)), (error) =>
    Effect.logWarning(`${id}: cannot write the comment about ${about}: ${error.message}`)
  )
})
