import { Schema } from "effect"
import { Blame, DispatchFailureCode } from "./Blame.ts"
import { ProviderAttempt, type DispatchError } from "./Failure.ts"
import { BeadsId } from "./Ids.ts"
import { ProviderName } from "./Provider.ts"

/** The review label: no dispatcher takes the bug until it is closed or the label is removed. */
export const REVIEW_LABEL = "nightly-dispatch-review"

/** Why a run left a bug alone. */
export const SkipReason = Schema.Literal(
  "malformed",
  "not_open",
  "priority",
  "type",
  "not_work",
  "label",
  "assigned",
  "blocked",
  "deferred",
  "running",
  "unsettled",
  "awaiting_review",
  "duplicate",
  "prompt_refused",
  "attempts_used_up",
  "undecided",
  "backing_off",
  "limit",
  "overload",
  "no_capacity",
  "run_stopped"
)
export type SkipReason = typeof SkipReason.Type

/** A job was started for the bug and acknowledged. */
export class Dispatched extends Schema.TaggedClass<Dispatched>()("Dispatched", {
  beads: BeadsId,
  provider: ProviderName,
  durationMs: Schema.JsonNumber,
  how: Schema.Literal("started", "late", "adopted"),
  pid: Schema.optional(Schema.Int),
  runInstance: Schema.optional(Schema.String),
  log: Schema.optional(Schema.String),
  worktree: Schema.optional(Schema.String),
  branch: Schema.optional(Schema.String),
  /** The providers that did not take the job, in order. */
  passedOver: Schema.Array(ProviderAttempt)
}) {}

/** The dispatch failed. Everything was rolled back, unless `error` says otherwise. */
export class Failed extends Schema.TaggedClass<Failed>()("Failed", {
  beads: BeadsId,
  /** The last provider that was tried; `undefined` if none was. */
  provider: Schema.optional(ProviderName),
  code: DispatchFailureCode,
  blame: Blame,
  error: Schema.String,
  durationMs: Schema.JsonNumber,
  passedOver: Schema.Array(ProviderAttempt)
}) {}

/** The outcome of a bug for which no provider is available. Nothing was claimed. */
export const unavailable = (beads: BeadsId, error: DispatchError): Failed =>
  new Failed({
    beads,
    code: error.code,
    blame: error.blame,
    error: error.message,
    durationMs: 0,
    passedOver: error._tag === "ProviderUnavailable" ? error.attempts : []
  })

/** The bug was left alone, and why. */
export class Skipped extends Schema.TaggedClass<Skipped>()("Skipped", {
  /** The id; for a record without a usable id, its position in the tracker's answer. */
  beads: Schema.String,
  reason: SkipReason,
  detail: Schema.String
}) {}

/** A dry run would dispatch the bug to this provider. */
export class Planned extends Schema.TaggedClass<Planned>()("Planned", {
  beads: BeadsId,
  provider: ProviderName,
  title: Schema.String
}) {}

/** The result of one run for one bug. */
export const Outcome = Schema.Union(Dispatched, Failed, Skipped, Planned)
export type Outcome = typeof Outcome.Type
