import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"
import type { Job } from "./Job.ts"
import { ProviderName } from "./Provider.ts"

/**
 * The acknowledgement: the runner's word that a job has started.
 *
 * @example
 * new Ack({ beads: issue.id, provider: provider.name, pid: 4711, how: "started" })
 */
export class Ack extends Schema.Class<Ack>("Ack")({
  beads: BeadsId,
  provider: ProviderName,
  /** `undefined` if the job was found late and has ended since. */
  pid: Schema.optional(Schema.Int),
  log: Schema.optional(Schema.String),
  /** Distinguishes this start of the job from earlier ones; `undefined` if the runner has no run instances. */
  runInstance: Schema.optional(Schema.String),
  /**
   * `started`: `start` acknowledged the job in time. `late`: `start` failed or did not answer, and the job was found
   * afterwards. `adopted`: the job was found later or had been running before.
   */
  how: Schema.Literal("started", "late", "adopted")
}) {}

/**
 * An acknowledgement for a job that was found running, when the runner's own was not received.
 *
 * @example
 * ackOfFoundJob(job, "adopted").how // "adopted"
 */
export const ackOfFoundJob = (job: Job, how: Exclude<Ack["how"], "started">): Ack =>
  Ack.make({
    beads: job.beads,
    provider: job.provider,
    pid: job.pid,
    log: job.log,
    runInstance: job.runInstance,
    how
  })
