import { Schema } from "effect"
import { ProviderName } from "../../domain/Provider.ts"

/**
 * Why a person is needed. `paused`: nothing is dispatched for a day or longer. `budget`: this night's budget is spent, and bugs wait. `overdue`: a run did not come. `last_run_failed`. `journal`, `tracker`, `runner`: it cannot be read.
 * `no_provider`: none of the chain works. `malformed`: a record of the tracker cannot be read. `claim`: a claim that no run will
 * release, or whose job could not be ended. `job_stalled`, `job_unknown`: a job hangs, or nobody can tell whether it runs.
 * `review`: work waits. `unmarked`: the same, and the tracker could not be marked. `gave_up`: all attempts failed. `undecided`: the
 * same, but a provider may be at fault. `needs_human`: an agent needs a login, a permission or
 * a secret. `unchanged`: a bug was left alone for the same reason for nights. `host_unseen`: another host of the fleet does not come any more. `host_holds`: it holds a bug beyond its time. `alert`: something that a run found. `undelivered`: alerts that a channel does not take.
 *
 * @example
 * Schema.is(NeedKind)("review") // true
 */
export const NeedKind = Schema.Literal(
  "paused",
  "budget",
  "overdue",
  "last_run_failed",
  "journal",
  "tracker",
  "runner",
  "no_provider",
  "malformed",
  "claim",
  "job_stalled",
  "job_unknown",
  "review",
  "unmarked",
  "gave_up",
  "undecided",
  "needs_human",
  "unchanged",
  "host_unseen",
  "host_holds",
  "alert",
  "undelivered"
)
export type NeedKind = typeof NeedKind.Type

/**
 * One thing that a person has to do.
 *
 * @example
 * Need.make({ kind: "review", beads: "bd-1", what: "ready for review", commands: ["nightly-dispatch review bd-1"] })
 */
export const Need = Schema.Struct({
  kind: NeedKind,
  /** The bug, or the label of a record that is none. */
  beads: Schema.optional(Schema.String),
  /** Of `needs_human`. */
  provider: Schema.optional(ProviderName),
  /** The host that it is about, or whose work it is; absent: this one. */
  host: Schema.optional(Schema.String),
  priority: Schema.optional(Schema.Int),
  title: Schema.optional(Schema.String),
  /** Milliseconds since the epoch; `undefined` if that is not known. */
  since: Schema.optional(Schema.JsonNumber),
  /** In words. One line. */
  what: Schema.String,
  /** To paste into a shell, the best first. */
  commands: Schema.Array(Schema.String)
})
export type Need = typeof Need.Type
