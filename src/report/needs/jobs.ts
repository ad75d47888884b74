import { Either, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { HERE } from "../../journal/elsewhere.ts"
import { lastRunHere } from "./lastRun.ts"
import { fleetOf, openOf, type NightFacts } from "./NightFacts.ts"

/** A job that runs, or an attempt that is not over. */
export const ShownJob = Schema.Struct({
  beads: BeadsId,
  /** The other host that it is on, with its log and its worktree; absent: it is on this one. */
  host: Schema.optional(Schema.String),
  provider: Schema.optional(ProviderName),
  /**
   * `dispatching`: a run is about to start it. `checking`: our check of its work runs. `ended`: the next run or the watcher
   * settles it. `left`: a run was cut short, and the next one settles what it left. `unknown`: nobody can tell whether it runs.
   * `other`: a job that this journal does not know.
   */
  state: Schema.Literal("dispatching", "running", "stalled", "checking", "ended", "left", "unknown", "other"),
  /** Milliseconds since the epoch. */
  since: Schema.optional(Schema.JsonNumber),
  /** When its log was last written. Milliseconds since the epoch; `undefined` if there is no log, or it cannot be read. */
  lastOutput: Schema.optional(Schema.JsonNumber),
  /** Why another host may settle what its host began; absent: it may not. */
  free: Schema.optional(Schema.String),
  /** The path of its log. */
  log: Schema.optional(Schema.String),
  worktree: Schema.optional(Schema.String)
})
export type ShownJob = typeof ShownJob.Type

const HAS_JOB: ReadonlySet<AttemptFacts["phase"]> = new Set(["starting", "acknowledged"])

const stateOf = (attempt: AttemptFacts, job: Job | undefined, facts: NightFacts): ShownJob["state"] => {
  if (attempt.phase === "verifying") return "checking"
  if (job?.phase === "unknown") return "unknown"
  if (job?.phase === "stalled") return "stalled"
  if (job !== undefined) return "running"
  if (lastRunHere(facts)?.state === "active" && attempt.phase !== "acknowledged") return "dispatching"
  if (HAS_JOB.has(attempt.phase) && Either.isLeft(facts.running)) return "unknown"
  return attempt.phase === "acknowledged" ? "ended" : "left"
}

/** An attempt of another host, as the journal tells: nothing of it is on this host. */
const jobElsewhere = (attempt: AttemptFacts, host: string, facts: NightFacts): ShownJob => {
  const { actor, beads, changed: since, log, phase, provider, worktree } = attempt
  const whose = fleetOf(facts)?.tenures.get(actor)
  const job = { beads, host, provider, since, log, worktree }
  if (whose?._tag === "Free") return { ...job, state: "left", free: whose.why }
  const state = phase === "acknowledged" ? "running" : phase === "verifying" ? "checking" : "dispatching"
  return { ...job, state: phase === "ending" ? "ended" : state }
}

/** The open attempts and the live jobs, the oldest first; a job that no open attempt explains comes last. */
export const jobsOf = (facts: NightFacts): ReadonlyArray<ShownJob> => {
  const live = Either.getOrElse(facts.running, () => []).filter(isLive)
  const elsewhere = fleetOf(facts)?.elsewhere ?? HERE
  const open = openOf(facts)
  const ofBug = new Map(live.map((job) => [job.beads, job]))
  const known = new Set(open.flatMap(({ actor, beads }) => (elsewhere(actor) === undefined ? [beads] : [])))
  const lastOutput = (log: string | undefined) => (log === undefined ? undefined : facts.written.get(log))
  return [
    ...open.map((attempt): ShownJob => {
      const host = elsewhere(attempt.actor)
      if (host !== undefined) return jobElsewhere(attempt, host, facts)
      const job = ofBug.get(attempt.beads)
      const { beads, changed, log = job?.log, provider, worktree } = attempt
      const since = job?.startedAt ?? changed
      return { beads, provider, state: stateOf(attempt, job, facts), since, lastOutput: lastOutput(log), log, worktree }
    }),
    ...live
      .filter(({ beads }) => !known.has(beads))
      .map((job): ShownJob => {
        const { beads, log, provider, startedAt: since, worktree } = job
        return { beads, provider, state: "other", since, lastOutput: lastOutput(log), log, worktree }
      })
  ]
}
