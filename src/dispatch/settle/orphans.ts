import { Clock, Duration, Effect, Option } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { digest, type Attempt } from "../../domain/Attempt.ts"
import type { JournalFailed, TrackerFailed } from "../../domain/Failure.ts"
import { ACTOR_PREFIX, hostOf, parseActor, type ParsedActor } from "../../domain/Actor.ts"
import { tagOf } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { ackOfFoundJob } from "../../domain/Ack.ts"
import { isLive } from "../../domain/Job.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"

/** An attempt that only the tracker knew of, and when its run began (milliseconds since the epoch). */
export interface Orphan {
  readonly attempt: Attempt
  readonly lastSign: number
}

/**
 * How old a claim must be for its run and its job to be certainly over, whoever they were: then it may be settled although
 * another state directory made it.
 */
const certainlyOver = ({ limits, timeouts }: Settings): Duration.Duration =>
  Duration.sum(Duration.sum(timeouts.run, limits.maxRuntime), Duration.minutes(10))

/**
 * Whether this claim is ours to settle. Ours: made by a run of this very state directory, whose lock we hold, so that run
 * is over. Another dispatcher on a host of this name may be at work right now, so its claims must be old.
 */
const isOurs = (actor: ParsedActor, { host, run }: RunOptions, settings: Settings, now: number): boolean =>
  actor.host === hostOf(host) &&
  ((actor.tag !== undefined && actor.tag === tagOf(run)) ||
    now - actor.startedAt > Duration.toMillis(certainlyOver(settings)))

/** The job that a lost attempt has or had, if the runner knows one that is not older than its run. */
const jobOf = Effect.fn("orphans.job")(function* ({ id }: Issue, { startedAt }: ParsedActor) {
  const runner = yield* DxRunner
  const job = Option.getOrUndefined(yield* Effect.option(runner.job(id)))
  return job !== undefined && (isLive(job) || (job.startedAt ?? 0) >= startedAt) ? job : undefined
})

const adopt = Effect.fn("orphans.adopt")(function* (issue: Issue, actor: ParsedActor, { repository }: RunOptions) {
  const journal = yield* Journal
  yield* Effect.logWarning(`${issue.id} is claimed by ${actor.actor}, and the journal does not know of it`)
  const known = (yield* journal.of(issue.id)).find((attempt) => attempt.actor === actor.actor)
  // Settled, and yet it holds the claim: what a killed run had asked of the tracker came late.
  const attempt =
    known === undefined
      ? yield* journal.intend({
          actor: actor.actor,
          run: actor.run,
          beads: issue.id,
          number: actor.attempt,
          digest: digest(issue.description),
          repository
        })
      : yield* journal.reopen(actor.actor)
  const job = yield* jobOf(issue, actor)
  const now =
    job === undefined
      ? attempt
      : yield* journal.advance(actor.actor, { _tag: "Acknowledged", ack: ackOfFoundJob(job, "adopted") })
  return { attempt: now, lastSign: actor.startedAt } satisfies Orphan
})

/** Claims in the tracker that are ours and that no open attempt of the journal stands for; they are attempts again now. */
export const findOrphans = Effect.fn("findOrphans")(function* (
  open: ReadonlyArray<Attempt>,
  options: RunOptions
): Effect.fn.Return<ReadonlyArray<Orphan>, JournalFailed | TrackerFailed, BeadsCli | DxRunner | Journal> {
  const [beads, settings] = yield* Effect.all([BeadsCli, CurrentSettings])
  const now = yield* Clock.currentTimeMillis
  const known = new Set(open.map(({ actor }) => String(actor)))
  const orphans: Array<Orphan> = []
  for (const issue of yield* beads.claimsOf(ACTOR_PREFIX)) {
    const actor = issue.assignee === undefined ? undefined : parseActor(issue.assignee)
    if (actor === undefined || known.has(actor.actor) || !isOurs(actor, options, settings, now)) continue
    orphans.push(yield* adopt(issue, actor, options))
  }
  return orphans
})
