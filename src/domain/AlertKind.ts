import { Schema } from "effect"

/**
 * What an alert is about. `paused`: nothing is dispatched for a day or longer. `budget`: this night's budget is spent, and bugs wait. `overdue`: a run did not come. `missed`: runs that were due did not come, and a later one did.
 * `hung`: a run has no end. `run_failed`: a run ended with a failure of the whole. `tracker`, `runner`, `state`: it cannot be
 * used. `no_provider`: none of the chain works. `idle`: nothing was dispatched for nights although bugs wait. `streak`: the
 * same failure, run after run. `claim`: a claim that no run will release. `malformed`: a record of the tracker that cannot be
 * read. `notice`: something that a run found. `job_stalled`, `job_unknown`: a job hangs, or nobody can tell whether it runs.
 * `dispatch_failed`: a run could not start a job for a bug. `fallback`: a provider was passed over. `probation`: a provider
 * whose jobs keep failing. `gave_up`: all attempts at a bug failed. `job_failed`, `job_lost`, `unverified`: how a job ended.
 * `needs_human`: an agent needs a login, a permission or a secret. `unchanged`: a bug was left alone for the same reason for nights.
 * `overload`: more bugs wait than one cause explains. `host_unseen`: another host of the fleet does not come any more. `host_holds`: it holds a bug beyond its time. `review`: work waits too long. `digest`: what there is, once a day.
 * `test`: a person wants to see one.
 *
 * @example
 * Schema.is(AlertKind)("no_provider") // true
 */
export const AlertKind = Schema.Literal(
  "paused",
  "budget",
  "overdue",
  "missed",
  "hung",
  "run_failed",
  "tracker",
  "runner",
  "state",
  "no_provider",
  "idle",
  "streak",
  "claim",
  "malformed",
  "notice",
  "job_stalled",
  "job_unknown",
  "dispatch_failed",
  "fallback",
  "probation",
  "gave_up",
  "job_failed",
  "job_lost",
  "unverified",
  "needs_human",
  "unchanged",
  "overload",
  "host_unseen",
  "host_holds",
  "review",
  "digest",
  "test"
)
export type AlertKind = typeof AlertKind.Type

/**
 * When alerts of a kind are told: as soon as it is not quiet, in the next digest only, or never.
 *
 * @example
 * Schema.is(Telling)("digest") // true
 */
export const Telling = Schema.Literal("now", "digest", "off")
export type Telling = typeof Telling.Type
