import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"
import { ProviderName } from "./Provider.ts"

/** Where an agent works: a directory of its own, and the branch it commits to. */
export class Workspace extends Schema.Class<Workspace>("Workspace")({
  /** Absolute path of an existing directory. */
  path: Schema.String,
  /** The branch checked out there; absent when the workspace is not a git worktree of its own. */
  branch: Schema.optional(Schema.String),
  /** The commit the work starts from. */
  base: Schema.optional(Schema.String),
  /** It stood there before this attempt, so this attempt never removes it. */
  reused: Schema.Boolean
}) {}

/**
 * What became of a workspace that an earlier run made. `Gone`: nothing stood there any more. `Kept`: it was left as it
 * was; `holds` says why, in words that follow "it holds", and `commits` counts those that its base does not have.
 */
export type Discarded =
  | { readonly _tag: "Removed" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Kept"; readonly holds: string; readonly commits: number }

/** Bytes of UTF-8. The agent gets its prompt as one argument, and Linux allows 128 KiB for one. */
export const MAX_PROMPT_BYTES = 100 * 1024

/** A prompt on disk, mode 0600, named after its issue. */
export class PromptFile extends Schema.Class<PromptFile>("PromptFile")({
  beads: BeadsId,
  path: Schema.String
}) {}

/** The runner's word that a job runs. */
export class Ack extends Schema.Class<Ack>("Ack")({
  beads: BeadsId,
  provider: ProviderName,
  /** Absent when a job was found late and has ended since. */
  pid: Schema.optional(Schema.Int),
  log: Schema.optional(Schema.String),
  /** Tells this run of the job from yesterday's; absent when the runner has no such notion. */
  runInstance: Schema.optional(Schema.String),
  /**
   * `started`: `start` said so in time. `late`: `start` did not answer, the job was found running afterwards.
   * `adopted`: the job had been running before.
   */
  how: Schema.Literal("started", "late", "adopted")
}) {}

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

/** A job that was found, as the acknowledgement that nobody has heard. */
export const ackOf = (job: Job, how: Exclude<Ack["how"], "started">): Ack =>
  Ack.make({
    beads: job.beads,
    provider: job.provider,
    pid: job.pid,
    log: job.log,
    runInstance: job.runInstance,
    how
  })

/** Whether an agent may still be working. A stalled one has a living process. */
export const isLive = (job: Job): boolean => job.phase === "running" || job.phase === "stalled"
