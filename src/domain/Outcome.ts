import { Schema } from "effect"
import { Blame, DispatchFailureCode } from "./Blame.ts"
import { ProviderAttempt, type DispatchError } from "./Failure.ts"
import { BeadsId } from "./Ids.ts"
import { ProviderName } from "./Provider.ts"

/** The review label: no dispatcher takes the bug until it is closed or the label is removed. */
export const REVIEW_LABEL = "nightly-dispatch-review"

/**
 * Why a run left a bug alone.
 *
 * @example
 * Schema.is(SkipReason)("blocked") // true
 */
export const SkipReason = Schema.Literal(
  "malformed",
  "not_open",
  "priority",
  "type",
  "not_work",
  "label",
  "policy",
  "other_host",
  "assigned",
  "blocked",
  "deferred",
  "running",
  "unsettled",
  "awaiting_review",
  "rejected",
  "work_exists",
  "duplicate",
  "prompt_refused",
  "attempts_used_up",
  "undecided",
  "bug_budget",
  "backing_off",
  "needs_human",
  "limit",
  "overload",
  "no_capacity",
  "budget",
  "host_busy",
  "run_stopped"
)
export type SkipReason = typeof SkipReason.Type

/** The reasons that are not about the bug: a run leaves it alone that would take it at another time. */
export const WAITS_FOR_A_RUN: ReadonlySet<SkipReason> = new Set<SkipReason>([
  "limit",
  "overload",
  "no_capacity",
  "budget",
  "host_busy"
])

/**
 * A job was started for the bug and acknowledged. `durationMs`: how long the dispatch took, in milliseconds.
 *
 * @example
 * report.outcomes.flatMap((outcome) => (outcome._tag === "Dispatched" ? [`${outcome.beads} by ${outcome.provider}`] : []))
 */
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

/**
 * The dispatch failed. Everything was rolled back, unless `error` says otherwise.
 *
 * @example
 * report.outcomes.flatMap((outcome) => (outcome._tag === "Failed" ? [`${outcome.code}: ${outcome.error}`] : []))
 */
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

/**
 * The bug was left alone, and why.
 *
 * @example
 * new Skipped({ beads: "bd-1", reason: "blocked", detail: "waits for bd-2" })
 */
export class Skipped extends Schema.TaggedClass<Skipped>()("Skipped", {
  /** The id; for a record without a usable id, its position in the tracker's answer. */
  beads: Schema.String,
  reason: SkipReason,
  detail: Schema.String
}) {}

/**
 * The outcome of a bug whose dispatch ended with this error. If a provider lacks only a free place, that is no failure.
 *
 * @example
 * unsuccessful(id, new PromptFailed({ detail: "no space left on device", blame: "host" }))._tag // "Failed"
 */
export const unsuccessful = (
  beads: BeadsId,
  error: DispatchError,
  { durationMs = 0, passedOver = [], provider }: Partial<Pick<Failed, "durationMs" | "passedOver" | "provider">> = {}
): Failed | Skipped => {
  const { blame, code, message } = error
  if (error._tag === "ProviderUnavailable" && error.attempts.some(({ capacity }) => capacity)) {
    return new Skipped({ beads, reason: "no_capacity", detail: message })
  }
  return new Failed({ beads, provider, code, blame, error: message, durationMs, passedOver })
}

/**
 * A dry run would dispatch the bug to this provider.
 *
 * @example
 * new Planned({ beads: issue.id, provider: provider.name, title: issue.title })
 */
export class Planned extends Schema.TaggedClass<Planned>()("Planned", {
  beads: BeadsId,
  provider: ProviderName,
  title: Schema.String
}) {}

/**
 * The result of one run for one bug.
 *
 * @example
 * report.outcomes.map((outcome: Outcome) => `${outcome.beads}: ${outcome._tag}`)
 */
export const Outcome = Schema.Union(Dispatched, Failed, Skipped, Planned)
export type Outcome = typeof Outcome.Type
