import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"
import type { Job } from "./Job.ts"
import { ProviderName } from "./Provider.ts"

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

/** A job that was found, as the acknowledgement that nobody has heard. */
export const ackOfFoundJob = (job: Job, how: Exclude<Ack["how"], "started">): Ack =>
  Ack.make({
    beads: job.beads,
    provider: job.provider,
    pid: job.pid,
    log: job.log,
    runInstance: job.runInstance,
    how
  })
