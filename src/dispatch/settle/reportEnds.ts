import { Clock, Duration, Effect, Order } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import { isMistaken } from "../../domain/BootClock.ts"
import { jobEvent } from "../../domain/Event.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { RESULTS_WINDOW } from "../../domain/ProviderResult.ts"
import { jobEndOf, type JobEnd } from "../../domain/JobEnd.ts"
import { Journal } from "../../journal/Journal.ts"

const logEvent = (job: JobEnd): Effect.Effect<void> => {
  if (job.end === "succeeded") return Effect.logInfo(jobEvent(job))
  return job.end === "stopped" ? Effect.logWarning(jobEvent(job)) : Effect.logError(jobEvent(job))
}

/** Logs how the jobs of these attempts ended; of an attempt without a job, nothing. */
export const logEnds = (attempts: ReadonlyArray<Attempt>): Effect.Effect<void> =>
  Effect.forEach(
    attempts.flatMap((attempt) => jobEndOf(attempt) ?? []),
    logEvent,
    { discard: true }
  )

/** The jobs that a run reports as ended, and what its exit code needs to judge them. */
export interface ReportedEnds {
  readonly ended: ReadonlyArray<JobEnd>
  /** The ends of the last eight days that earlier runs reported, the last one last. Empty if `ended` is. */
  readonly before: ReadonlyArray<JobEnd>
}

/**
 * Logs the ended jobs that no run has reported yet. A run, `settle` or the watcher may have settled them. `Journal.end` marks
 * them as reported. If a run is killed before that, the next run reports them.
 */
export const reportEnds: Effect.Effect<ReportedEnds, JournalFailed, Journal> = Effect.gen(function* () {
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  const unreported = yield* journal.unreported
  yield* logEnds(unreported)
  const ended = unreported.flatMap((attempt) => jobEndOf(attempt) ?? [])
  if (ended.length === 0) return { ended, before: [] }
  const isNew = new Set(ended.map(({ actor }) => actor))
  const recent = yield* journal.since(now - Duration.toMillis(RESULTS_WINDOW))
  const before = recent
    .filter((attempt) => attempt.phase === "settled" && attempt.cleared !== true)
    .filter(({ actor, updatedAt }) => !isNew.has(actor) && !isMistaken(updatedAt, now))
    .toSorted(Order.mapInput(Order.number, ({ updatedAt }: Attempt) => updatedAt))
    .flatMap((attempt) => jobEndOf(attempt) ?? [])
  return { ended, before }
}).pipe(Effect.withSpan("settle.reportEnds"))
