import { Schema } from "effect"
import { Actor } from "./Actor.ts"
import { ackOf, AttemptEnd, createdOf, updatedOf, workspaceOf, type Attempt } from "./Attempt.ts"
import { Blame } from "./Blame.ts"
import { ageOf } from "./BootClock.ts"
import { BeadsId } from "./Ids.ts"
import { ProviderName } from "./Provider.ts"

/** The end of an acknowledged job, as a run reports it. */
export const JobEnd = Schema.Struct({
  /** The attempt's. */
  actor: Actor,
  beads: BeadsId,
  provider: ProviderName,
  end: AttemptEnd,
  /** `undefined` if nothing went wrong. */
  blame: Schema.optional(Blame),
  detail: Schema.String,
  branch: Schema.optional(Schema.String),
  /** Of kept work: the commits that its base does not contain. `undefined` if they were not counted. */
  commits: Schema.optional(Schema.Int),
  /** The path of the job's log. */
  log: Schema.optional(Schema.String),
  /** How long the job ran, in milliseconds. If that is not known: from the attempt's beginning until it was settled. */
  durationMs: Schema.JsonNumber
})
export type JobEnd = typeof JobEnd.Type

/**
 * How the job of a settled attempt ended; `undefined` for another phase, or without an acknowledged job.
 *
 * @example
 * const ended = (yield* journal.unreported).flatMap((attempt) => jobEndOf(attempt) ?? [])
 */
export const jobEndOf = (attempt: Attempt): JobEnd | undefined => {
  const ack = ackOf(attempt)
  if (attempt.phase !== "settled" || ack === undefined) return undefined
  const { actor, beads, blame, commits, detail, end } = attempt
  const branch = workspaceOf(attempt)?.branch
  const durationMs = attempt.durationMs ?? ageOf(createdOf(attempt), updatedOf(attempt))
  return { actor, beads, provider: ack.provider, end, blame, detail, branch, commits, log: ack.log, durationMs }
}
