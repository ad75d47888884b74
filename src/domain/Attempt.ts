import { Schema } from "effect"
import { Ack } from "./Ack.ts"
import { Actor } from "./Actor.ts"
import { BootTime, type Moment } from "./BootClock.ts"
import { Ending, Review } from "./Ending.ts"
import { BeadsId, RunId } from "./Ids.ts"
import { ProcessIdentity } from "./ProcessIdentity.ts"
import { PromptFile } from "./PromptFile.ts"
import { ProviderName } from "./Provider.ts"
import { PushedWork } from "./PushedWork.ts"
import { Workspace } from "./Workspace.ts"

export { AttemptEnd, Ending, isTriedAgain, Review, Verified, waitsForReview } from "./Ending.ts"

/**
 * The facts of an attempt before its claim.
 *
 * @example
 * Intent.make({ ...intent, number: intent.number + 1 })
 */
export const Intent = Schema.Struct({
  /** Unique to this attempt: the name under which it claims the bug. */
  actor: Actor,
  run: RunId,
  beads: BeadsId,
  /** 1 for the first try at this bug. */
  number: Schema.Int.pipe(Schema.positive()),
  /** Of the bug's task when it was tried: see `taskDigest`. */
  digest: Schema.String,
  /** The repository's name and clone. */
  repository: Schema.Struct({ name: Schema.String, path: Schema.String }),
  /** The real path of the tracker's directory; `undefined` in the records of earlier versions. */
  tracker: Schema.optional(Schema.String),
  /** The bug is on hold, and is tried to see whether its provider has recovered: a failure uses up no attempt. */
  probe: Schema.optional(Schema.Literal(true))
})
export type Intent = typeof Intent.Type

const identity = {
  ...Intent.fields,
  /** Milliseconds since the epoch. */
  createdAt: Schema.JsonNumber,
  /** The same by the boot clock; `undefined` in the records of earlier versions. */
  createdBoot: Schema.optional(BootTime),
  /** Milliseconds since the epoch of the last step. */
  updatedAt: Schema.JsonNumber,
  /** The same by the boot clock. */
  updatedBoot: Schema.optional(BootTime)
}

/** What the attempt may have made so far; each `undefined` if it has not been made. */
const made = {
  workspace: Schema.optional(Workspace),
  prompt: Schema.optional(PromptFile),
  /** The provider that was asked last. */
  provider: Schema.optional(ProviderName),
  /** The run instance of the bug's job before the start. A job with another run instance is this attempt's. */
  previousRun: Schema.optional(Schema.String),
  /** The process that starts the job, on record before it could do anything. */
  starter: Schema.optional(ProcessIdentity)
}

/**
 * The first phase, also of a reopened attempt without a job, which keeps its worktree and prompt.
 *
 * @example
 * Schema.is(Intended)(attempt) // whether nothing but the intent is recorded
 */
export const Intended = Schema.Struct({ ...identity, ...made, phase: Schema.Literal("intended") })
export interface Intended extends Schema.Schema.Type<typeof Intended> {}
/**
 * The bug is claimed. A worktree may exist.
 *
 * @example
 * Schema.is(Claimed)(attempt) // whether it has the claim, and no worktree yet
 */
export const Claimed = Schema.Struct({ ...identity, phase: Schema.Literal("claimed") })
export interface Claimed extends Schema.Schema.Type<typeof Claimed> {}
/**
 * The worktree is made. A prompt file may exist.
 *
 * @example
 * Schema.is(WorkspaceMade)(attempt) ? attempt.workspace.path : undefined
 */
export const WorkspaceMade = Schema.Struct({ ...identity, phase: Schema.Literal("workspace"), workspace: Workspace })
export interface WorkspaceMade extends Schema.Schema.Type<typeof WorkspaceMade> {}
/**
 * The prompt file is written. No job was asked for yet.
 *
 * @example
 * Schema.is(Prompted)(attempt) // whether its prompt is written, and no provider asked
 */
export const Prompted = Schema.Struct({ ...WorkspaceMade.fields, phase: Schema.Literal("prompt"), prompt: PromptFile })
export interface Prompted extends Schema.Schema.Type<typeof Prompted> {}
/**
 * A provider is asked to start the job. The job may exist.
 *
 * @example
 * Schema.is(Starting)(attempt) // whether its job may be starting right now
 */
export const Starting = Schema.Struct({
  ...Prompted.fields,
  phase: Schema.Literal("starting"),
  provider: ProviderName,
  previousRun: made.previousRun,
  starter: made.starter
})
export interface Starting extends Schema.Schema.Type<typeof Starting> {}
/**
 * Its job was found or acknowledged. An orphan's attempt may have only the job, without worktree and prompt.
 *
 * @example
 * Schema.is(Acknowledged)(attempt) ? attempt.ack.provider : undefined
 */
export const Acknowledged = Schema.Struct({ ...identity, ...made, phase: Schema.Literal("acknowledged"), ack: Ack })
export interface Acknowledged extends Schema.Schema.Type<typeof Acknowledged> {}
/**
 * Its job ended well and left work, and our own check of that work was begun: see `Verifier`.
 *
 * @example
 * Schema.is(Verifying)(attempt) // whether its job has ended, and its work is being checked
 */
export const Verifying = Schema.Struct({
  ...identity,
  ...made,
  phase: Schema.Literal("verifying"),
  ack: Schema.optional(Ack),
  /** How the attempt ends if the check passes. */
  found: Ending,
  /** The check passed, and now the same command runs on the base commit, in a worktree at this path: see `verify.before`. */
  onBase: Schema.optional(Schema.Struct({ path: Schema.String })),
  /** How often the check was launched, of the two that `onBase` tells. */
  launches: Schema.Int,
  /** The process of the latest launch, on record before it could do anything. */
  checker: Schema.optional(ProcessIdentity)
})
export interface Verifying extends Schema.Schema.Type<typeof Verifying> {}

const ended = { ...identity, ...made, ack: Schema.optional(Ack), ...Ending.fields }
/**
 * The end is known. The claim may still be held, so the next run goes on from here.
 *
 * @example
 * Schema.is(Ended)(attempt) // whether its end is known, and its claim may still be held
 */
export const Ended = Schema.Struct({ ...ended, phase: Schema.Literal("ending") })
export interface Ended extends Schema.Schema.Type<typeof Ended> {}
/**
 * The attempt is over: nothing is left to do for a run.
 *
 * @example
 * Schema.is(Settled)(attempt) ? attempt.end : undefined
 */
export const Settled = Schema.Struct({
  ...ended,
  phase: Schema.Literal("settled"),
  review: Schema.optional(Review),
  /** What became of the push of its branch; `undefined` if none was tried. */
  pushed: Schema.optional(PushedWork),
  /** A person rejected its work, so the bug is left alone until its task changes or a person wants it tried again. */
  rejected: Schema.optional(Schema.Literal(true)),
  /** A person wanted the bug tried again (`retry`): what this attempt came to counts no more. */
  cleared: Schema.optional(Schema.Literal(true))
})
export interface Settled extends Schema.Schema.Type<typeof Settled> {}

/**
 * One try at one bug. Each phase is written before the next outside effect, so it tells what may exist: `intended` a claim,
 * `claimed` also a worktree, `workspace` also a prompt file, `prompt` no more yet, `starting` also a job, `acknowledged` a
 * job that runs or has ended, `verifying` a check of its work. `ending`: the end is known, but the claim may still be held.
 * `settled`: nothing is left to do.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(Attempt))(json)
 */
export const Attempt = Schema.Union(
  Intended,
  Claimed,
  WorkspaceMade,
  Prompted,
  Starting,
  Acknowledged,
  Verifying,
  Ended,
  Settled
)
export type Attempt = typeof Attempt.Type
/** How far an attempt has come: see `Attempt`. */
export type AttemptPhase = Attempt["phase"]

/**
 * When the attempt was made: by the wall clock, and by the boot clock if that was recorded.
 *
 * @example
 * createdOf(attempt).at // milliseconds since the epoch
 */
export const createdOf = ({ createdAt: at, createdBoot: boot }: Attempt): Moment => ({ at, boot })

/**
 * When the attempt took its last step: by the wall clock, and by the boot clock if that was recorded.
 *
 * @example
 * updatedOf(attempt).at // milliseconds since the epoch
 */
export const updatedOf = ({ updatedAt: at, updatedBoot: boot }: Attempt): Moment => ({ at, boot })

/**
 * The worktree of an attempt; `undefined` if none was made.
 *
 * @example
 * workspaceOf(attempt)?.path // "/tmp/agents/bd-1/shop"
 */
export const workspaceOf = (attempt: Attempt): Workspace | undefined =>
  "workspace" in attempt ? attempt.workspace : undefined

/**
 * How an attempt ended; `undefined` while that is not known.
 *
 * @example
 * endingOf(attempt)?.end // "succeeded"
 */
export const endingOf = (attempt: Attempt): Ending | undefined =>
  attempt.phase === "ending" || attempt.phase === "settled" ? attempt : undefined

/**
 * Whether the attempt's job is known, or a check of its work, and may run: its claim is kept.
 *
 * @example
 * isAtWork(attempt) // true while its job runs
 */
export const isAtWork = ({ phase }: Attempt): boolean => phase === "acknowledged" || phase === "verifying"

/**
 * The job of an attempt; `undefined` if none was acknowledged.
 *
 * @example
 * ackOf(attempt)?.provider // "opencode"
 */
export const ackOf = (attempt: Attempt): Ack | undefined => ("ack" in attempt ? attempt.ack : undefined)

/**
 * The provider that an attempt asked last; `undefined` if it asked none.
 *
 * @example
 * providerOf(attempt) // "opencode"
 */
export const providerOf = (attempt: Attempt): ProviderName | undefined =>
  "provider" in attempt ? attempt.provider : undefined
