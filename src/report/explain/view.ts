import { Schema } from "effect"
import { AttemptEnd, Verified } from "../../domain/Attempt.ts"
import { Blame } from "../../domain/Blame.ts"
import { BeadsId, RunId } from "../../domain/Ids.ts"
import { SkipReason } from "../../domain/Outcome.ts"
import { PushedWork } from "../../domain/PushedWork.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { Usage } from "../../domain/Usage.ts"
import { ReviewDecision } from "../../domain/ReviewDecision.ts"

// All times are milliseconds since the epoch.

/** The bug as the tracker has it. */
const Bug = Schema.Struct({
  title: Schema.String,
  priority: Schema.Int,
  type: Schema.String,
  status: Schema.String
})

/** What the next run would do with the bug. `unknown`: it cannot be told now. */
const Verdict = Schema.Struct({
  verdict: Schema.Literal("chosen", "left_alone", "unknown"),
  /** Why the bug would be left alone. */
  reason: Schema.optional(SkipReason),
  /** In words. */
  detail: Schema.String,
  /** Its place among the bugs that may be dispatched, from 1; absent if it may not be. */
  place: Schema.optional(Schema.Struct({ position: Schema.Int, of: Schema.Int, why: Schema.String }))
})

/** Why attempts failed. Attempts that failed in the same way are one entry; the latest way comes last. */
const Failure = Schema.Struct({ attempts: Schema.Array(Schema.Int), words: Schema.String })

/** Something that happened in an attempt. */
const Event = Schema.Struct({
  /** Absent if only its place among the others is known. */
  at: Schema.optional(Schema.JsonNumber),
  text: Schema.String
})

const ShownAttempt = Schema.Struct({
  number: Schema.Int,
  run: RunId,
  /** The other host that made it: log, worktree and branch are there. Absent: they are on this one. */
  host: Schema.optional(Schema.String),
  began: Schema.JsonNumber,
  /** The last step. */
  changed: Schema.JsonNumber,
  provider: Schema.optional(ProviderName),
  /** Absent while the attempt is open, as the next four. */
  end: Schema.optional(AttemptEnd),
  blame: Schema.optional(Blame),
  verified: Schema.optional(Verified),
  detail: Schema.optional(Schema.String),
  durationMs: Schema.optional(Schema.JsonNumber),
  /** What its job used; absent if its agent did not say. */
  usage: Schema.optional(Usage),
  branch: Schema.optional(Schema.String),
  worktree: Schema.optional(Schema.String),
  log: Schema.optional(Schema.String),
  /** `retry`: what it came to counts no more. */
  cleared: Schema.Boolean,
  decision: Schema.optional(ReviewDecision.fields.decision),
  /** Of the newest attempt; with `--all`, of every attempt. Else absent. */
  events: Schema.optional(Schema.Array(Event))
})

/** A span of time in which runs left the bug alone for one reason, or the failure of a run that made no attempt. */
const LeftAlone = Schema.Struct({
  from: Schema.JsonNumber,
  to: Schema.JsonNumber,
  reason: Schema.Union(SkipReason, Schema.Literal("dispatch_failed")),
  detail: Schema.String
})

const Log = Schema.Struct({
  /** The other host that it is on; absent: it is on this one. */
  host: Schema.optional(Schema.String),
  path: Schema.String,
  attempt: Schema.optional(Schema.Int),
  /** The last lines, without secrets and control characters. */
  lines: Schema.Array(Schema.String),
  /** Why there are no lines. */
  why: Schema.optional(Schema.String)
})

const Work = Schema.Struct({
  /** The other host that clone, branch and worktree are on; absent: they are on this one. */
  host: Schema.optional(Schema.String),
  clone: Schema.String,
  branch: Schema.optional(Schema.String),
  /** What became of the push of the branch; absent if none was tried. */
  pushed: Schema.optional(PushedWork),
  state: Schema.Literal("exists", "deleted", "unknown"),
  merged: Schema.Literal("yes", "no", "unknown"),
  base: Schema.optional(Schema.String),
  /** The next are absent if git cannot tell. */
  commits: Schema.optional(Schema.Int),
  files: Schema.optional(Schema.Int),
  insertions: Schema.optional(Schema.Int),
  deletions: Schema.optional(Schema.Int),
  worktree: Schema.optional(Schema.String),
  worktreeState: Schema.Literal("there", "gone", "not ours", "unknown"),
  uncommitted: Schema.optional(Schema.Int),
  why: Schema.optional(Schema.String)
})

/** What an operator may type next: what it does, and what follows the program's name. */
const NextCommand = Schema.Struct({ does: Schema.String, args: Schema.String })

/**
 * What `explain ID --json` prints: one bug, why it is or is not dispatched, and everything that happened to it.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(ExplainView))(json) // what `explain bd-1 --json` printed
 */
export const ExplainView = Schema.Struct({
  id: BeadsId,
  /** Absent if the tracker does not have it, or cannot be asked: `notes` says which. */
  bug: Schema.optional(Bug),
  now: Verdict,
  failures: Schema.Array(Failure),
  /** The oldest first. */
  attempts: Schema.Array(ShownAttempt),
  /** The oldest first. */
  leftAlone: Schema.Array(LeftAlone),
  log: Schema.optional(Log),
  work: Schema.optional(Work),
  /** The last `retry`. */
  retry: Schema.optional(Schema.Struct({ at: Schema.JsonNumber, note: Schema.optional(Schema.String) })),
  commands: Schema.Array(NextCommand),
  /** What else a person must know, such as what could not be found out and why: one sentence each. */
  notes: Schema.Array(Schema.String)
})
export type ExplainView = typeof ExplainView.Type
export type ShownAttempt = typeof ShownAttempt.Type
export type ShownEvent = typeof Event.Type
export type ShownWork = typeof Work.Type
