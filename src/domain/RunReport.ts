import { Schema } from "effect"
import { RunId } from "./Ids.ts"
import { JobEnd } from "./JobEnd.ts"
import { Needed } from "./Needed.ts"
import { Outcome } from "./Outcome.ts"
import { Pause } from "./Pause.ts"
import { ProviderName } from "./Provider.ts"
import { RunEnd, RunProblem } from "./RunEnd.ts"

/**
 * The result of one provider's preflight in this run.
 *
 * @example
 * report.providers.filter(({ available }: ProviderCheck) => !available)
 */
export const ProviderCheck = Schema.Struct({
  provider: ProviderName,
  available: Schema.Boolean,
  detail: Schema.String,
  lines: Schema.Array(Schema.String),
  durationMs: Schema.JsonNumber,
  /** The provider said that a limit holds until then. Milliseconds since the epoch. */
  freeAt: Schema.optional(Schema.JsonNumber),
  /** It does not work before a person has given it this. */
  needs: Schema.optional(Needed)
})
export type ProviderCheck = typeof ProviderCheck.Type

// The reports of earlier versions lack them.
const zero = Schema.optionalWith(Schema.Int, { default: () => 0 })
const jobs = Schema.optionalWith(Schema.Array(JobEnd), { default: () => [] })
const end = Schema.optionalWith(RunEnd, { default: () => ({ _tag: "unknown" }) as const })

/**
 * The full report of one run: what `run --json` prints. Times named `…Ms` are milliseconds; `startedAt` is in ISO 8601. `fetched`: the bugs
 * and unreadable records of the tracker; `chosen`: those that the plan took; `dispatched`, `failed`, `skipped`: its outcomes.
 *
 * @example
 * Effect.map(nightlyRun(), ({ dispatched, exit, failed }) => ({ dispatched, exit, failed }))
 */
export class RunReport extends Schema.Class<RunReport>("RunReport")({
  run: RunId,
  /** The repository's name; absent in the reports of earlier versions. */
  repository: Schema.optional(Schema.String),
  startedAt: Schema.String,
  dryRun: Schema.Boolean,
  /** A dry run whose decision was recorded: `run --shadow`. */
  shadow: Schema.optional(Schema.Literal(true)),
  /** The tracker, runner and workspace backends that were used. */
  backends: Schema.Struct({ beads: Schema.String, runner: Schema.String, workspace: Schema.String }),
  fetched: Schema.Int,
  chosen: Schema.Int,
  dispatched: Schema.Int,
  failed: Schema.Int,
  skipped: Schema.Int,
  /** Of `skipped`: records of the tracker that cannot be read as bugs. */
  malformed: zero,
  /** The attempts of earlier runs that this run settled. */
  settled: Schema.Int,
  /** The jobs of this state directory that run when the report is made, as far as the journal knows. */
  running: zero,
  /** How the run ended, with the error that kept it from its work. */
  end,
  /** What else was wrong; absent if nothing was. */
  problem: Schema.optional(RunProblem),
  /** Follows from `end` and `problem`: see `exitOf`. */
  exit: Schema.Int,
  durationMs: Schema.JsonNumber,
  /** Why the run did nothing, in words, e.g. that the tracker could not be read. */
  error: Schema.optional(Schema.String),
  /** Why no bug was taken, in words; `undefined` if one was, or if the run failed as a whole. */
  noneTaken: Schema.optional(Schema.String),
  /** The pause for which nothing was dispatched, nor any tracker or provider asked; absent if there was none. */
  paused: Schema.optional(Pause),
  providers: Schema.Array(ProviderCheck),
  outcomes: Schema.Array(Outcome),
  /** The ended jobs that no earlier run has reported. A run, `settle` or the watcher settled them. */
  ended: jobs
}) {}
