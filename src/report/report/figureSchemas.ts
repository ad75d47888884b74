import { Schema } from "effect"
import { AttemptEnd } from "../../domain/Attempt.ts"
import { Usage } from "../../domain/Usage.ts"
import { HostState } from "../../domain/Host.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { RunEndTag } from "../../domain/RunEnd.ts"

/** Milliseconds since the epoch. */
export const Millis = Schema.JsonNumber
/** Between 0 and 1. */
const Share = Schema.JsonNumber
export const Count = Schema.Int

/**
 * The runs of the window.
 *
 * @example
 * reportView(facts).runs.judged?.missed
 */
export const RunFigures = Schema.Struct({
  began: Count,
  /** By the schedule. `undefined` if none is known: see `unjudged`. */
  judged: Schema.optional(
    Schema.Struct({
      /** As it was written: `0 6-13 * * *`. */
      schedule: Schema.String,
      due: Count,
      came: Count,
      /** Of those that came. */
      late: Count,
      /** When the others were due. */
      missed: Schema.Array(Millis)
    })
  ),
  /** Why nothing is said of late and missed runs. */
  unjudged: Schema.optional(Schema.String),
  /** How many runs ended with which exit code, the smallest first. */
  exits: Schema.Array(Schema.Struct({ exit: Schema.Int, runs: Count })),
  /** How many runs ended how, the commonest first. Without those of earlier versions, which do not say it. */
  ends: Schema.Array(Schema.Struct({ end: RunEndTag, runs: Count })),
  /** The runs without an end on record: still active, or killed. */
  unended: Count
})
export type RunFigures = typeof RunFigures.Type

/**
 * What one host of the fleet did in the window.
 *
 * @example
 * reportView(facts).hosts?.map(({ name, runs }) => `${name} ${runs}`)
 */
export const HostFigures = Schema.Struct({
  name: Schema.String,
  runs: Count,
  /** Of `runs`: with another exit code than 0. */
  badRuns: Count,
  /** Its jobs that ended. */
  jobs: Count,
  /** Of these jobs; `undefined` if none says anything. */
  success: Schema.optional(Share),
  running: Count,
  state: HostState,
  /** Milliseconds since it was last seen. */
  seenAgo: Schema.JsonNumber
})
export type HostFigures = typeof HostFigures.Type

/**
 * The jobs of the window.
 *
 * @example
 * reportView(facts).jobs.acknowledged
 */
export const JobFigures = Schema.Struct({
  /** Dispatches that the runs of the window tried: acknowledged, or failed. */
  tried: Count,
  /** Of `tried`: a job was acknowledged. */
  started: Count,
  /** `started` of `tried`; `undefined` if none was tried. */
  acknowledged: Schema.optional(Share),
  /** What `acknowledged` should be at least. */
  goal: Share,
  running: Count,
  /** The jobs that were settled in the window, by their end, the most frequent first. */
  ends: Schema.Array(Schema.Struct({ end: AttemptEnd, jobs: Count })),
  /** Jobs that succeeded, of those that ended; without `stopped`, `claim_lost` and `needs_human`, which say nothing. `undefined` if none did. */
  success: Schema.optional(Share)
})
export type JobFigures = typeof JobFigures.Type

/**
 * From noon to noon.
 *
 * @example
 * reportView(facts).nights.map(({ date, dispatched }) => `${date}: ${dispatched}`)
 */
export const NightFigures = Schema.Struct({
  /** The day on whose noon the night begins: `2026-11-25`. */
  date: Schema.String,
  from: Millis,
  until: Millis,
  runs: Count,
  /** Runs that ended with another exit code than 0. */
  badRuns: Count,
  /** Runs that were due and did not come; 0 if no schedule is known. */
  missed: Count,
  /** Jobs that were started. */
  dispatched: Count,
  /** Dispatches that failed before a job was acknowledged. */
  undispatched: Count,
  /** Jobs of this night that succeeded. */
  good: Count,
  /** Jobs of this night that ended in another way. */
  failed: Count,
  /** Of `failed`: those that hung. */
  stalled: Count,
  /** What its jobs that ended used, as far as their agents say; absent if none does. */
  usage: Schema.optional(Usage),
  /** How many of these jobs say what they used. */
  usageOf: Count
})
export type NightFigures = typeof NightFigures.Type

/**
 * Why a provider failed most often.
 *
 * @example
 * Fault.make({ reason: "no credit", times: 3, of: "jobs" })
 */
export const Fault = Schema.Struct({
  reason: Schema.String,
  times: Count,
  /** What it was counted in: runs that the provider refused, or jobs that ended badly. */
  of: Schema.Literal("runs", "jobs")
})
export type Fault = typeof Fault.Type

/**
 * How the jobs of one provider ended in the window of a report, and why it failed most often.
 *
 * @example
 * reportView(facts).providers.map(({ provider, success }) => [provider, success])
 */
export const ProviderFigures = Schema.Struct({
  provider: ProviderName,
  /** Jobs that were settled in the window. */
  jobs: Count,
  good: Count,
  /** As in `JobFigures`. */
  success: Schema.optional(Share),
  /** Half of its jobs ran at most so long. Milliseconds; `undefined` if no job's time is known. */
  medianMs: Schema.optional(Schema.JsonNumber),
  /** Jobs that it got because an earlier provider of the chain did not take them. */
  fallbacks: Count,
  fault: Schema.optional(Fault)
})
export type ProviderFigures = typeof ProviderFigures.Type
