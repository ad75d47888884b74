import { Clock, Duration, Effect, Order } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import { isMistaken } from "../../domain/BootClock.ts"
import { chargesOf } from "../../domain/Charge.ts"
import { emit } from "../../domain/Events.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { providerResults, RESULTS_WINDOW } from "../../domain/ProviderResult.ts"
import { jobEndOf, type JobEnd } from "../../domain/JobEnd.ts"
import { Journal } from "../../journal/Journal.ts"

interface Ends {
  readonly ended: ReadonlyArray<JobEnd>
  /** The attempts of the last eight days. Empty if `ended` is. */
  readonly recent: ReadonlyArray<Attempt>
}

/** Logs how the jobs of these attempts ended, and whose fault that was as far as it is decided. Of an attempt without a job, nothing. */
export const logEnds = Effect.fn("settle.logEnds")(function* (attempts: ReadonlyArray<Attempt>) {
  const withJob = attempts.filter((attempt) => jobEndOf(attempt) !== undefined)
  if (withJob.length === 0) return { ended: [], recent: [] } satisfies Ends
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  const recent = yield* journal.since(now - Duration.toMillis(RESULTS_WINDOW))
  const results = providerResults(recent, now)
  const ended = withJob.flatMap((attempt) => {
    const ofBug = recent.filter(({ beads }) => beads === attempt.beads)
    return jobEndOf(attempt, chargesOf(ofBug, attempt.digest, results)) ?? []
  })
  yield* Effect.forEach(ended, (job) => emit({ _tag: "JobEnded", job }), { discard: true })
  return { ended, recent } satisfies Ends
})

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
  const { ended, recent } = yield* logEnds(yield* journal.unreported)
  const isNew = new Set(ended.map(({ actor }) => actor))
  const before = recent
    .filter((attempt) => attempt.phase === "settled" && attempt.cleared !== true)
    .filter(({ actor, updatedAt }) => !isNew.has(actor) && !isMistaken(updatedAt, now))
    .toSorted(Order.mapInput(Order.number, ({ updatedAt }: Attempt) => updatedAt))
    .flatMap((attempt) => jobEndOf(attempt) ?? [])
  return { ended, before }
}).pipe(Effect.withSpan("settle.reportEnds"))
