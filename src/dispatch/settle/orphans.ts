import { Clock, Duration, Effect, Option } from "effect"
import { ackOfFoundJob } from "../../domain/Ack.ts"
import { hostOf, parseActor, type ParsedActor } from "../../domain/Actor.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import { digest } from "../../domain/digest.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { tagOf } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { isLive } from "../../domain/Job.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { jobCertainlyOver } from "./grace.ts"

/** An attempt that only the tracker knew of, and when its run began (milliseconds since the epoch). */
export interface Orphan {
  readonly attempt: Attempt
  readonly lastSign: number
}

/** The age at which a claim's run and job are certainly over, whatever state directory the run used. */
const certainlyOver = ({ limits, timeouts }: Settings): Duration.Duration =>
  Duration.sum(timeouts.run, jobCertainlyOver({ limits }))

/**
 * Whether this run may settle the claim. It may if a run of this state directory made the claim: this run holds the lock of
 * the directory, so that run is over. A run of another state directory may still be at work, so its claim must be old.
 */
const isOurs = (actor: ParsedActor, { host, run }: RunOptions, settings: Settings, now: number): boolean =>
  actor.host === hostOf(host) &&
  ((actor.tag !== undefined && actor.tag === tagOf(run)) ||
    now - actor.startedAt > Duration.toMillis(certainlyOver(settings)))

/** The orphan's job; `undefined` if the runner has none, or only an ended job from before the orphan's run. */
const jobOfOrphan = Effect.fn("orphans.job")(function* ({ id }: Issue, { startedAt }: ParsedActor) {
  const runner = yield* DxRunner
  const job = Option.getOrUndefined(yield* Effect.option(runner.job(id)))
  return job !== undefined && (isLive(job) || (job.startedAt ?? 0) >= startedAt) ? job : undefined
})

/** Opens an attempt in the journal for an orphan's claim. */
const openAttempt = Effect.fn("orphans.open")(function* (
  issue: Issue,
  parsed: ParsedActor,
  { repository }: RunOptions
) {
  const journal = yield* Journal
  const { actor } = parsed
  yield* Effect.logWarning(
    `${issue.id} is claimed by ${actor}, but the journal has no open attempt for it; settling it`
  )
  const isSettled = (yield* journal.of(issue.id)).some((attempt) => attempt.actor === actor)
  // A settled attempt still has its claim if the tracker applied the claim of a killed run late.
  const attempt = isSettled
    ? yield* journal.reopen(actor)
    : yield* journal.intend({
        actor,
        run: parsed.run,
        beads: issue.id,
        number: parsed.attempt,
        digest: digest(issue.description),
        repository
      })
  const job = yield* jobOfOrphan(issue, parsed)
  if (job === undefined) return { attempt, lastSign: parsed.startedAt }
  const ack = ackOfFoundJob(job, "adopted")
  return { attempt: yield* journal.advance(actor, { _tag: "Acknowledged", ack }), lastSign: parsed.startedAt }
})

/** Finds our claims among `claims`, the dispatchers' claims in the tracker, that have no open attempt in the journal, and opens an attempt for each. */
export const findOrphans = Effect.fn("findOrphans")(function* (
  open: ReadonlyArray<Attempt>,
  claims: ReadonlyArray<Issue>,
  options: RunOptions
): Effect.fn.Return<ReadonlyArray<Orphan>, JournalFailed, DxRunner | Journal> {
  const settings = yield* CurrentSettings
  const now = yield* Clock.currentTimeMillis
  const openActors = new Set(open.map(({ actor }) => String(actor)))
  const orphans: Array<Orphan> = []
  for (const issue of claims) {
    const actor = issue.assignee === undefined ? undefined : parseActor(issue.assignee)
    if (actor === undefined || openActors.has(actor.actor) || !isOurs(actor, options, settings, now)) continue
    orphans.push(yield* openAttempt(issue, actor, options))
  }
  return orphans
})
