import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"
import { ProviderName } from "./Provider.ts"

/**
 * The state of a job. `starting`: the call that starts it still runs. `unknown`: whether it runs cannot be told from here.
 * `gone`: the runner knew it, it does not run any more, and its result is unknown.
 */
export const JobPhase = Schema.Literal(
  "starting",
  "running",
  "succeeded",
  "failed",
  "no_op",
  "stalled",
  "stopped",
  "gone",
  "unknown"
)
export type JobPhase = typeof JobPhase.Type

/** What the runner knows about a job. */
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
  /** The path of the prompt file that the runner was given. */
  promptFile: Schema.optional(Schema.String),
  /** Milliseconds since the epoch. */
  startedAt: Schema.optional(Schema.JsonNumber),
  /** Milliseconds since the epoch. */
  endedAt: Schema.optional(Schema.JsonNumber)
}) {}

const MAY_WORK: ReadonlySet<JobPhase> = new Set<JobPhase>(["starting", "running", "stalled", "unknown"])

/** Whether an agent may still be working. A stalled job still has a process. */
export const isLive = (job: Job): boolean => MAY_WORK.has(job.phase)
