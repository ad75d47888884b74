import { Schema } from "effect"
import { Ack } from "../domain/Ack.ts"
import { Attempt, AttemptEnd, Ending, Intent, Review, waitsForReview } from "../domain/Attempt.ts"
import { ProviderName } from "../domain/Provider.ts"
import { PushedWork } from "../domain/PushedWork.ts"
import type { ReviewDecision } from "../domain/ReviewDecision.ts"
import { Workspace } from "../domain/Workspace.ts"
import type { AttemptFacts, EndedJob } from "./JournalQueries.ts"

/** Of an attempt's record, what is shown of it: it is read much faster than the whole record. Each attempt is one. */
export const ShownAttempt = Schema.Struct({
  ...Intent.pick("actor", "run", "beads", "number").fields,
  probe: Intent.fields.probe,
  repository: Schema.Struct({ path: Schema.String }),
  phase: Schema.Literal(...Attempt.members.map(({ fields }) => fields.phase.literals[0])),
  createdAt: Schema.JsonNumber,
  updatedAt: Schema.JsonNumber,
  provider: Schema.optional(ProviderName),
  workspace: Schema.optional(
    Schema.Struct({ path: Schema.String, branch: Workspace.fields.branch, shipped: Workspace.fields.shipped })
  ),
  ack: Schema.optional(Schema.Struct({ provider: ProviderName, log: Ack.fields.log })),
  end: Schema.optional(AttemptEnd),
  blame: Ending.fields.blame,
  verified: Ending.fields.verified,
  needs: Ending.fields.needs,
  detail: Schema.optional(Ending.fields.detail),
  durationMs: Ending.fields.durationMs,
  commits: Ending.fields.commits,
  result: Ending.fields.result,
  freeAt: Ending.fields.freeAt,
  usage: Ending.fields.usage,
  review: Schema.optional(Review),
  pushed: Schema.optional(PushedWork),
  cleared: Schema.optional(Schema.Literal(true))
})
export type ShownAttempt = typeof ShownAttempt.Type

/** What the operator's commands show of an attempt, and of what a person decided about its work. */
export const factsOf = (attempt: ShownAttempt, decision?: ReviewDecision): AttemptFacts => ({
  actor: attempt.actor,
  run: attempt.run,
  beads: attempt.beads,
  number: attempt.number,
  phase: attempt.phase,
  provider: attempt.ack?.provider ?? attempt.provider,
  hadJob: attempt.ack !== undefined,
  probe: attempt.probe === true,
  began: attempt.createdAt,
  changed: attempt.updatedAt,
  end: attempt.end,
  blame: attempt.blame,
  verified: attempt.verified,
  needs: attempt.needs,
  detail: attempt.detail,
  durationMs: attempt.durationMs,
  commits: attempt.commits,
  result: attempt.result,
  freeAt: attempt.freeAt,
  usage: attempt.usage,
  review: attempt.review,
  pushed: attempt.pushed,
  branch: attempt.workspace?.branch,
  worktree: attempt.workspace?.shipped ? undefined : attempt.workspace?.path,
  repository: attempt.repository.path,
  log: attempt.ack?.log,
  cleared: attempt.cleared === true,
  decision: decision?.decision
})

/**
 * Whether the work of this attempt waits for a person, as far as the attempt tells: a person may have decided about it, or a
 * later attempt may have followed.
 */
export const leavesWork = ({
  blame,
  cleared,
  end,
  phase
}: Pick<AttemptFacts, "blame" | "cleared" | "end" | "phase">): boolean =>
  phase === "settled" && !cleared && end !== undefined && waitsForReview({ blame, end })

/** How the attempt's job ended; `undefined` if it had none, or if it has not ended. */
export const endedJobOf = ({
  beads,
  blame,
  changed,
  detail = "",
  end,
  freeAt,
  hadJob,
  needs,
  probe = false,
  provider
}: AttemptFacts): EndedJob | undefined =>
  hadJob && provider !== undefined && end !== undefined
    ? { beads, provider, changed, end, blame, detail, probe, freeAt, needs }
    : undefined
