import { Schema } from "effect"
import type { Ack } from "./Ack.ts"
import { Blame } from "./Blame.ts"
import { BeadsId } from "./Ids.ts"
import { JobResult } from "./JobResult.ts"
import { Needed } from "./Needed.ts"
import type { PromptFile } from "./PromptFile.ts"
import { ProviderName } from "./Provider.ts"
import { Usage } from "./Usage.ts"

/**
 * The state of a job. `starting`: the call that starts it still runs. `unknown`: whether it runs cannot be told from here.
 * `gone`: the runner knew it, it does not run any more, and its result is unknown.
 *
 * @example
 * Schema.is(JobPhase)("running") // true
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

/**
 * What the runner knows about a job.
 *
 * @example
 * new Job({ beads: issue.id, provider: provider.name, phase: "running", pid: 4711 })
 */
export class Job extends Schema.Class<Job>("Job")({
  beads: BeadsId,
  provider: ProviderName,
  phase: JobPhase,
  pid: Schema.optional(Schema.Int),
  runInstance: Schema.optional(Schema.String),
  exitCode: Schema.optional(Schema.Int),
  reason: Schema.optional(Schema.String),
  /** Of an ended job: the line of its log that tells most about its end. Not redacted. */
  words: Schema.optional(Schema.String),
  /** Of an ended job: whose fault its exit code or its words prove. `undefined`: they prove nothing. */
  fault: Schema.optional(Blame),
  /** Of an ended job: what it needed from a person. Then `fault` is `undefined`. */
  needs: Schema.optional(Needed),
  /** Of an ended job whose provider was limited: until when, as it said. Milliseconds since the epoch. */
  freeAt: Schema.optional(Schema.JsonNumber),
  /** Of an ended job: what it used, as its log says. */
  usage: Schema.optional(Usage),
  /** Of a job that ended well: what it made elsewhere. Then it has succeeded whatever is in its worktree. */
  result: Schema.optional(JobResult),
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

/**
 * Whether the job is certainly the one that this start made. An adopted job had been running before: only its prompt file
 * can tell.
 *
 * @example
 * isOfStart(job, undefined, undefined) // false: nothing proves it
 */
export const isOfStart = (job: Job, ack: Ack | undefined, prompt: PromptFile | undefined): boolean => {
  if (job.promptFile !== undefined) return job.promptFile === prompt?.path
  if (ack === undefined || ack.how === "adopted") return false
  return ack.runInstance === undefined
    ? ack.pid !== undefined && ack.pid === job.pid
    : ack.runInstance === job.runInstance
}

/**
 * Whether an agent may still be working. A stalled job still has a process.
 *
 * @example
 * isLive(new Job({ beads: issue.id, provider: provider.name, phase: "stalled" })) // true
 */
export const isLive = (job: Job): boolean => MAY_WORK.has(job.phase)
