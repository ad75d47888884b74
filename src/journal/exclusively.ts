import { Clock, Duration, Effect, Option, type Scope } from "effect"
import { emit } from "../domain/Events.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { Journal } from "./Journal.ts"

/**
 * Runs `work` under the run lock, which is held until the scope closes. If another run of this state directory has the lock,
 * logs `RUN_SKIPPED` and runs `otherwise` with the lock's holder instead. Waits for a holder that settles one job. Fails with
 * `hung` if the holder is long beyond its time.
 */
export const exclusively = <A, E, R, B, E2, R2>(
  run: RunId,
  work: Effect.Effect<A, E, R>,
  otherwise: (holder: string) => Effect.Effect<B, E2, R2>
): Effect.Effect<A | B, E | E2 | JournalFailed, R | R2 | Journal | Scope.Scope> =>
  Effect.gen(function* () {
    const [journal, { timeouts }] = yield* Effect.all([Journal, CurrentSettings])
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeouts.run)
    const holder = yield* journal.lock({ run, until, work: "run" })
    if (Option.isNone(holder)) return yield* work
    yield* emit({ _tag: "RunSkipped", run, holder: holder.value })
    return yield* otherwise(holder.value)
  })

/** The longest that settling one job takes: stopping it, removing its worktree, some calls of the tracker. */
export const JOB_TIME = Duration.minutes(10)

/**
 * Runs `work`, which settles one job, under the run lock, and frees the lock: a run that waits gets it next. `None` if a run
 * has the lock: that run settles the job.
 *
 * @example
 * Effect.forEach(attempts, (attempt) => forOneJob(run, settle(attempt)))
 */
export const forOneJob = <A, E, R>(
  run: RunId,
  work: Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E | JournalFailed, R | Journal> =>
  Effect.gen(function* () {
    const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
    const holder = yield* journal.lock({ run, until: now + Duration.toMillis(JOB_TIME), work: "job" })
    return Option.isNone(holder) ? Option.some(yield* work) : Option.none()
  }).pipe(Effect.scoped)
