import { DateTime, Option, Schema } from "effect"
import { constant } from "./constantField.ts"
import { explained } from "./Explanation.ts"
import { BeadsId } from "./Ids.ts"

/**
 * The claim is not ours: another actor holds it, the issue cannot be claimed, or the result is unknown.
 *
 * @example
 * const beads = yield* BeadsCli
 * yield* beads.claim(id, actor).pipe(Effect.catchTag("ClaimFailed", ({ holder, reason }) => Console.log(reason, holder)))
 */
export class ClaimFailed extends Schema.TaggedError<ClaimFailed>()("ClaimFailed", {
  beads: BeadsId,
  /**
   * `held`: `holder` has the claim. `not_open`: the status forbids a claim. `missing`: there is no such issue.
   * `refused`: the tracker refused although no actor has the claim. `unknown`: the result could not be read, so the claim
   * may be ours. `lost`: we had the claim, and have it no longer.
   */
  reason: Schema.Literal("held", "not_open", "missing", "refused", "unknown", "lost"),
  holder: Schema.optional(Schema.String),
  detail: Schema.String,
  code: constant("claim_failed"),
  blame: constant("tracker")
}) {
  override get message(): string {
    return this.reason === "held" ? `already claimed by ${this.holder ?? "unknown"}` : this.detail
  }
}

/**
 * The tracker failed, or its answer cannot be read. Never the same as "no bugs".
 *
 * @example
 * const beads = yield* BeadsCli
 * yield* beads.show(id).pipe(Effect.catchTag("TrackerFailed", ({ next, reason }) => Console.log(reason, next)))
 *
 * @example
 * // A tracker on HTTP answered 429 with `Retry-After: 60`.
 * new TrackerFailed({ operation: "list", reason: "refused", detail: "HTTP 429", freeAt: now + 60_000, blame: "tracker" })
 */
export class TrackerFailed extends Schema.TaggedError<TrackerFailed>()("TrackerFailed", {
  /** The failed operation, e.g. `list`, `show bd-1`. */
  operation: Schema.String,
  /**
   * `not_found`: the tracker's program cannot be started. `no_database`: it has no database, or an empty one beside a full export. `migration`: its database is older
   * or newer than the program. `frozen`: an operator forbids changes. `row_cap`: a limit of the tracker cut the answer off.
   * `refused`: it reported an error. `unreadable`: its answer cannot be read. `timeout`, `too_much_output`: a limit of ours.
   */
  reason: Schema.Literal(
    "not_found",
    "no_database",
    "migration",
    "frozen",
    "row_cap",
    "timeout",
    "refused",
    "unreadable",
    "too_much_output"
  ),
  detail: Schema.String,
  /** What to do about it; `undefined` if that is not known. */
  next: Schema.optional(Schema.String),
  /** The tracker said that a limit of its own holds until then. Milliseconds since the epoch. The run does not wait for it. */
  freeAt: Schema.optional(Schema.JsonNumber),
  code: constant("claim_failed"),
  blame: Schema.Literal("tracker", "host", "config")
}) {
  get what(): string {
    const until = this.freeAt === undefined ? Option.none() : DateTime.make(this.freeAt)
    return Option.match(until, {
      onNone: () => this.detail,
      onSome: (time) => `${this.detail}; the tracker said that its limit holds until ${DateTime.formatIso(time)}`
    })
  }
  get where(): string {
    return `tracker: ${this.operation}`
  }
  override get message(): string {
    return explained(this)
  }
}
