import { Schema } from "effect"
import { Blame, DispatchFailureCode } from "./Blame.ts"
import { JobResult } from "./JobResult.ts"
import { Needed } from "./Needed.ts"
import { Usage } from "./Usage.ts"

/**
 * How an attempt ended. `succeeded`: the job ended well and left work, or made a result elsewhere. `no_op`: the job ended well and changed nothing.
 * `failed`: the job never started, or ended badly. `stalled`: the job hung or ran too long, and was ended. `lost`: the
 * attempt was cut short, or its job vanished, so its result cannot be known. `stopped`: a person stopped the job.
 * `claim_lost`: somebody else got the claim, so the job was stopped; its work is kept. `unverified`: the job ended well and left
 * work, but `verify.command` failed in its worktree. `needs_human`: the agent could not go on without a person, who is told what to
 * do (`needs`); that is charged to neither bug nor provider.
 *
 * @example
 * Schema.is(AttemptEnd)("succeeded") // true
 */
export const AttemptEnd = Schema.Literal(
  "succeeded",
  "failed",
  "no_op",
  "stalled",
  "stopped",
  "lost",
  "claim_lost",
  "unverified",
  "needs_human"
)
export type AttemptEnd = typeof AttemptEnd.Type

/**
 * What our own check of the work said: see `VerifySettings`. `none`: there was no check.
 *
 * @example
 * Schema.is(Verified)("yes") // true
 */
export const Verified = Schema.Literal("yes", "no", "none")
export type Verified = typeof Verified.Type

/**
 * How an attempt ended, and whose fault it was.
 *
 * @example
 * Ending.make({ end: "stalled", detail: "no output for 30 min", blame: "provider" })
 */
export const Ending = Schema.Struct({
  end: AttemptEnd,
  code: Schema.optional(DispatchFailureCode),
  /** `undefined` if nothing went wrong, or if a person is needed. A failed job with `issue` is charged against its bug: see `Charge`. */
  blame: Schema.optional(Blame),
  /** Of `needs_human` only. */
  needs: Schema.optional(Needed),
  /** In words, for the log, the tracker and the prompt of the next attempt. */
  detail: Schema.String,
  /** Of kept work: the commits that its base does not contain. `undefined` if they were not counted. */
  commits: Schema.optional(Schema.Int),
  /** Of `succeeded` only: what the job made elsewhere. */
  result: Schema.optional(JobResult),
  /** `undefined` for `none`. */
  verified: Schema.optional(Verified),
  /** How long the job ran, in milliseconds; `undefined` if that is not known. */
  durationMs: Schema.optional(Schema.JsonNumber),
  /** The provider said that a limit holds until then. Milliseconds since the epoch. */
  freeAt: Schema.optional(Schema.JsonNumber),
  /** What the job used, as its agent says; `undefined` if it says nothing of it. */
  usage: Schema.optional(Usage)
})
export type Ending = typeof Ending.Type

/**
 * Whether the work failed our check by its own fault: it is kept, and its bug is tried again while it has attempts left.
 *
 * @example
 * isTriedAgain({ end: "unverified", blame: "issue" }) // true
 */
export const isTriedAgain = ({ blame, end }: Pick<Ending, "blame" | "end">): boolean =>
  end === "unverified" && blame === "issue"

/**
 * Whether work was left that a person has to look at before the bug is tried again: it is good as far as we know, or our check of
 * it told nothing, which is not the bug's fault.
 *
 * @example
 * waitsForReview({ end: "succeeded", blame: undefined }) // true
 */
export const waitsForReview = (ending: Pick<Ending, "blame" | "end">): boolean =>
  ending.end === "succeeded" || (ending.end === "unverified" && !isTriedAgain(ending))

/**
 * Where such work is marked for review: by a label in the tracker, or only in the journal.
 *
 * @example
 * Schema.is(Review)("label") // true
 */
export const Review = Schema.Literal("label", "journal")
export type Review = typeof Review.Type
