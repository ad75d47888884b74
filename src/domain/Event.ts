import { Schema } from "effect"
import { Actor } from "./Actor.ts"
import { BeadsId, RunId } from "./Ids.ts"
import { JobEnd } from "./JobEnd.ts"
import { Message } from "./Message.ts"
import { Dispatched, Failed, Planned, Skipped } from "./Outcome.ts"
import { ProviderName } from "./Provider.ts"
import { PruneReport } from "./PruneReport.ts"
import { RunReport } from "./RunReport.ts"

/**
 * A step of one bug's dispatch, which begins. `done` follows the last one.
 *
 * @example
 * Schema.is(Step)("claim") // true
 */
export const Step = Schema.Literal(
  "re-read",
  "claim",
  "worktree",
  "prompt",
  "preflight",
  "start",
  "agent",
  "release",
  "done"
)
export type Step = typeof Step.Type

/**
 * What happens in a night. `Dispatched`, `Failed`, `Skipped` and `Planned` are the outcomes of bugs. An ended job may be told of
 * twice: by who settled it, and by the run that reports it.
 *
 * @example
 * import { Event } from "nightly-dispatch"
 *
 * Schema.is(Event)({ _tag: "PlanMade", chosen: [id], skipped: 0 }) // true
 */
export const Event = Schema.Union(
  Schema.TaggedStruct("RunBegun", { run: RunId, host: Schema.String, dryRun: Schema.Boolean }),
  /** This run did nothing, because another run of the same state directory is active. */
  Schema.TaggedStruct("RunSkipped", { run: RunId, holder: Schema.String }),
  /** What the run is about to do. `skipped`: the bugs that it leaves alone. */
  Schema.TaggedStruct("PlanMade", { chosen: Schema.Array(BeadsId), skipped: Schema.Int }),
  Schema.TaggedStruct("StepBegun", { beads: BeadsId, step: Step, detail: Schema.optional(Schema.String) }),
  /** The bug is this attempt's, as the tracker says. */
  Schema.TaggedStruct("Claimed", { beads: BeadsId, actor: Actor }),
  Dispatched,
  Failed,
  Skipped,
  Planned,
  Schema.TaggedStruct("JobEnded", { job: JobEnd }),
  /** The chain passed over one provider and tries the next. */
  Schema.TaggedStruct("ProviderFallback", { from: ProviderName, to: ProviderName, reason: Schema.String }),
  /**
   * A provider whose jobs keep failing is tried last, one job at a time, until `until` (milliseconds since the epoch) or until a
   * job ends well.
   */
  Schema.TaggedStruct("ProviderProbation", {
    provider: ProviderName,
    failures: Schema.Int,
    until: Schema.JsonNumber,
    latest: Schema.String
  }),
  /** A run removed what was old; see `retention`. */
  Schema.TaggedStruct("Pruned", { report: PruneReport }),
  /** A message for the operator is on its way. */
  Schema.TaggedStruct("AlertRaised", { message: Message }),
  /** The last event of a run, also of an interrupted one. */
  Schema.TaggedStruct("RunEnded", { report: RunReport })
)
export type Event = typeof Event.Type
