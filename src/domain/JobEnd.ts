import { Schema } from "effect"
import { Actor } from "./Actor.ts"
import { ackOf, AttemptEnd, createdOf, updatedOf, Verified, workspaceOf, type Attempt } from "./Attempt.ts"
import { Blame } from "./Blame.ts"
import { ageOf } from "./BootClock.ts"
import type { Charge } from "./Charge.ts"
import { BeadsId } from "./Ids.ts"
import { JobResult } from "./JobResult.ts"
import { Needed } from "./Needed.ts"
import { ProviderName } from "./Provider.ts"

/**
 * The end of an acknowledged job, as a run reports it.
 *
 * @example
 * report.ended.map(({ beads, end }: JobEnd) => `${beads}: ${end}`)
 */
export const JobEnd = Schema.Struct({
  /** The attempt's. */
  actor: Actor,
  beads: BeadsId,
  provider: ProviderName,
  end: AttemptEnd,
  /** `undecided`: the bug or the provider is to blame, and nothing has told yet. `undefined` if nothing went wrong, or if a person is needed. */
  blame: Schema.optional(Schema.Union(Blame, Schema.Literal("undecided"))),
  /** Of `needs_human` only. */
  needs: Schema.optional(Needed),
  detail: Schema.String,
  branch: Schema.optional(Schema.String),
  /** Of kept work: the commits that its base does not contain. `undefined` if they were not counted. */
  commits: Schema.optional(Schema.Int),
  /** What the job made elsewhere. */
  result: Schema.optional(JobResult),
  /** What our own check of the work said. `undefined` for `none`. */
  verified: Schema.optional(Verified),
  /** The path of the job's log. */
  log: Schema.optional(Schema.String),
  /** How long the job ran, in milliseconds. If that is not known: from the attempt's beginning until it was settled. */
  durationMs: Schema.JsonNumber
})
export type JobEnd = typeof JobEnd.Type

/**
 * How the job of a settled attempt ended; `undefined` for another phase, or without an acknowledged job. `charges`: those of its
 * bug. A job is its bug's fault only if its charge is final.
 *
 * @example
 * const journal = yield* Journal
 * const ended = (yield* journal.unreported).flatMap((attempt) => jobEndOf(attempt) ?? [])
 */
export const jobEndOf = (attempt: Attempt, charges: ReadonlyArray<Charge> = []): JobEnd | undefined => {
  const ack = ackOf(attempt)
  if (attempt.phase !== "settled" || ack === undefined) return undefined
  const { actor, beads, commits, detail, end, needs, result, updatedAt, verified } = attempt
  const isFinal = charges.some(({ at, state }) => at === updatedAt && state === "final")
  const blame = attempt.blame === "issue" && !isFinal ? "undecided" : attempt.blame
  const branch = workspaceOf(attempt)?.branch
  const durationMs = attempt.durationMs ?? ageOf(createdOf(attempt), updatedOf(attempt))
  const { log, provider } = ack
  return { actor, beads, provider, end, blame, needs, detail, branch, commits, result, verified, log, durationMs }
}
