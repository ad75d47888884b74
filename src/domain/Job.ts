import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"
import { ProviderName } from "./Provider.ts"

/** How a job stands. `gone`: it was known, it is not running, and how it ended cannot be told. */
export const JobPhase = Schema.Literal("running", "succeeded", "failed", "no_op", "stalled", "stopped", "gone")
export type JobPhase = typeof JobPhase.Type

/** What the runner knows of a job. */
export class Job extends Schema.Class<Job>("Job")({
  beads: BeadsId,
  provider: ProviderName,
  phase: JobPhase,
  pid: Schema.optional(Schema.Int),
  runInstance: Schema.optional(Schema.String),
  exitCode: Schema.optional(Schema.Int),
  reason: Schema.optional(Schema.String),
  log: Schema.optional(Schema.String),
  worktree: Schema.optional(Schema.String),
  /** The agent's prompt, as the runner was told. */
  promptFile: Schema.optional(Schema.String),
  /** Milliseconds since the epoch. */
  startedAt: Schema.optional(Schema.JsonNumber),
  /** Milliseconds since the epoch. */
  endedAt: Schema.optional(Schema.JsonNumber)
}) {}

/** Whether an agent may still be working. A stalled one has a living process. */
export const isLive = (job: Job): boolean => job.phase === "running" || job.phase === "stalled"
