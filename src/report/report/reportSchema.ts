import { Schema } from "effect"
import { AttemptEnd } from "../../domain/Attempt.ts"
import { BeadsId, RunId } from "../../domain/Ids.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { Count, HostFigures, JobFigures, Millis, NightFigures, ProviderFigures, RunFigures } from "./figureSchemas.ts"

export { Fault, HostFigures, JobFigures, NightFigures, ProviderFigures, RunFigures } from "./figureSchemas.ts"

/**
 * What became of the work that waited for a person.
 *
 * @example
 * reportView(facts).review.waiting
 */
export const ReviewFigures = Schema.Struct({
  branches: Count,
  merged: Count,
  /** Closed unmerged: a person rejected it, or the branch was deleted. */
  closed: Count,
  /** A person wanted the bug tried again. */
  sentBack: Count,
  waiting: Count,
  /** Neither git nor a decision tells. */
  unknown: Count,
  /** Since when the oldest of those that wait does. */
  oldest: Schema.optional(Millis),
  /** What people decided in the window. */
  decisions: Schema.Struct({ accepted: Count, rejected: Count, sent_back: Count })
})
export type ReviewFigures = typeof ReviewFigures.Type

/**
 * A bug of which at least two jobs of the window failed, and none succeeded.
 *
 * @example
 * reportView(facts).keepsFailing.map(({ beads, reason }) => `${beads}: ${reason}`)
 */
export const FailingBug = Schema.Struct({
  beads: BeadsId,
  /** `undefined` if the tracker did not say. */
  title: Schema.optional(Schema.String),
  /** How many of its jobs failed. */
  jobs: Count,
  /** The commonest reason. */
  reason: Schema.String,
  /** How many failed for that reason. */
  times: Count,
  /** When the last one was settled. */
  last: Millis
})
export type FailingBug = typeof FailingBug.Type

/**
 * A trouble of one night.
 *
 * @example
 * Trouble.make({ kind: "run", subject: "exit 4", reason: "the tracker cannot be read" })
 */
export const Trouble = Schema.Struct({
  kind: Schema.Literal("job", "provider", "run"),
  /** The bug's id, the provider's name, or `exit 4`. */
  subject: Schema.String,
  reason: Schema.String
})
export type Trouble = typeof Trouble.Type

/**
 * What differs between the last night with a run and the one with a run before.
 *
 * @example
 * reportView(facts).difference?.fresh
 */
export const Difference = Schema.Struct({
  night: Schema.String,
  before: Schema.String,
  fresh: Schema.Array(Trouble),
  gone: Schema.Array(Trouble)
})
export type Difference = typeof Difference.Type

/**
 * One attempt of the last night.
 *
 * @example
 * reportView(facts).lastNight?.jobs
 */
export const NightJob = Schema.Struct({
  beads: BeadsId,
  title: Schema.optional(Schema.String),
  run: RunId,
  number: Schema.Int,
  provider: Schema.optional(ProviderName),
  began: Millis,
  /** When the job ended; now, if it runs. */
  until: Millis,
  /** `undefined` while the attempt is open. */
  end: Schema.optional(AttemptEnd),
  detail: Schema.optional(Schema.String)
})
export type NightJob = typeof NightJob.Type

/**
 * What the dispatcher did in a window of time: what `report --json` prints. Times are milliseconds since the epoch, shares between
 * 0 and 1.
 *
 * @example
 * reportView(facts).until
 */
export class ReportView extends Schema.Class<ReportView>("ReportView")({
  since: Millis,
  until: Millis,
  /** The time zone of the nights. */
  zone: Schema.String,
  host: Schema.String,
  /** The repository's name; `undefined` if no repository is known. */
  repository: Schema.optional(Schema.String),
  /** When the last run of the whole journal began; `undefined` if there was none. */
  lastRun: Schema.optional(Millis),
  runs: RunFigures,
  jobs: JobFigures,
  review: ReviewFigures,
  /** Oldest first, also those without a run. */
  nights: Schema.Array(NightFigures),
  /** By name. Absent if no other host uses the journal. */
  hosts: Schema.optional(Schema.Array(HostFigures)),
  /** The provider with the most jobs first. */
  providers: Schema.Array(ProviderFigures),
  /** The bug with the most failed jobs first. */
  keepsFailing: Schema.Array(FailingBug),
  /** `undefined` if fewer than two nights of the window had a run. */
  difference: Schema.optional(Difference),
  /** The jobs of the last night with a run, the first that began first. */
  lastNight: Schema.optional(
    Schema.Struct({ date: Schema.String, from: Millis, until: Millis, jobs: Schema.Array(NightJob) })
  ),
  /** What could not be read, in words. */
  notes: Schema.Array(Schema.String)
}) {}
