import { Effect, Ref } from "effect"
import { withLimits } from "../dispatch/limits/limitedServices.ts"
import type { Actor } from "../domain/Actor.ts"
import type { Attempt } from "../domain/Attempt.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { makeNotices } from "../domain/notices.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { ofRun } from "../domain/ofRun.ts"
import { completed } from "../domain/RunPlace.ts"
import type { Finished } from "../dispatch/settle/finish.ts"
import { inPlace, toWatch, type Ended, type WatchServices } from "./inPlace.ts"
import type { JobState } from "./jobState.ts"
import type { Watching } from "./watchJob.ts"

export { WatchEnd, type Ended, type WatchServices } from "./inPlace.ts"

/** Which jobs are watched, and for how long. `run` is an id of the watcher's own. */
export interface WatchOptions extends RunOptions {
  /** Whether a newer program is to watch from now on. Asked at each step. Default: never. */
  readonly isOutdated?: Effect.Effect<boolean>
}

/** What became of a watcher. */
export interface WatchReport extends Ended {
  readonly settled: ReadonlyArray<Finished>
  /** Whether attempts may be left that it could have gone on watching. */
  readonly mayBeLeft: boolean
}

const watchAt = Effect.fn("watch")(
  function* ({
    isOutdated = Effect.succeed(false),
    ...options
  }: WatchOptions): Effect.fn.Return<WatchReport, JournalFailed, WatchServices> {
    const watching: Watching = {
      options,
      states: yield* Ref.make<ReadonlyMap<Actor, JobState>>(new Map()),
      settled: yield* Ref.make<ReadonlyArray<Finished>>([]),
      known: yield* Ref.make<ReadonlyArray<Attempt>>([]),
      count: yield* Ref.make(0),
      notices: yield* makeNotices
    }
    for (;;) {
      const last = yield* Effect.scoped(inPlace(watching, isOutdated)).pipe(
        Effect.onInterrupt(() => Effect.logInfo("the watcher was interrupted; the next run settles what is left"))
      )
      // A run that began a job meanwhile saw this watcher and started no other, so the journal is read again without the place.
      const mayBeLeft = yield* Effect.match(toWatch(watching), {
        onFailure: () => true,
        onSuccess: (attempts) => attempts.length > 0
      })
      if (last.end === "nothing_left" && mayBeLeft) continue
      yield* Effect.logInfo(`the watcher ends: ${last.detail}`)
      return { ...last, settled: yield* Ref.get(watching.settled), mayBeLeft }
    }
  },
  withLimits,
  ofRun
)

/**
 * Lives as long as jobs of this state directory run: renews their claims at a third of their leases, settles each job when it
 * ends, and stops a job that runs too long. Returns at once if another watcher is at work. Holds the run lock only while it
 * settles a job. Ends the jobs of a host that was evicted. Ending it loses nothing: the next run settles the jobs. Fails with `JournalFailed` if the journal is damaged,
 * or cannot be used for ten minutes. What is not given is a new run id, this host, and the repository of the settings, as `layer`
 * knows them; fails with `WorkspaceFailed` if there is no such repository.
 *
 * @example
 * // Beside a program that calls `nightlyRun` again and again, each time after a run:
 * yield* Effect.forkScoped(watch())
 */
export const watch = (given: Partial<WatchOptions> = {}) =>
  Effect.flatMap(completed(given), (options) => watchAt({ ...given, ...options }))
