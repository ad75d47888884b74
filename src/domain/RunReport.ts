import { Schema } from "effect"
import { RunId } from "./Ids.ts"
import { Outcome } from "./Outcome.ts"
import { ProviderName } from "./Provider.ts"

/** The result of one provider's preflight in this run. */
export const ProviderCheck = Schema.Struct({
  provider: ProviderName,
  available: Schema.Boolean,
  detail: Schema.String,
  lines: Schema.Array(Schema.String),
  durationMs: Schema.JsonNumber
})
export type ProviderCheck = typeof ProviderCheck.Type

/** The full report of one run: what `run --json` prints. */
export class RunReport extends Schema.Class<RunReport>("RunReport")({
  run: RunId,
  startedAt: Schema.String,
  dryRun: Schema.Boolean,
  /** The tracker, runner and workspace backends that were used. */
  backends: Schema.Struct({ beads: Schema.String, runner: Schema.String, workspace: Schema.String }),
  fetched: Schema.Int,
  chosen: Schema.Int,
  dispatched: Schema.Int,
  failed: Schema.Int,
  skipped: Schema.Int,
  settled: Schema.Int,
  exit: Schema.Int,
  durationMs: Schema.JsonNumber,
  /** The failure that ended the run as a whole, e.g. a tracker that could not be read. */
  error: Schema.optional(Schema.String),
  /** Why no bug was taken, in words; `undefined` if one was, or if the run failed as a whole. */
  noneTaken: Schema.optional(Schema.String),
  providers: Schema.Array(ProviderCheck),
  outcomes: Schema.Array(Outcome)
}) {}
