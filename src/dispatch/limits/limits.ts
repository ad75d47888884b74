import { Context, Duration, Effect } from "effect"
import { bootMillis } from "../../domain/BootClock.ts"
import { withinLimit } from "../../domain/interruption.ts"
import { CurrentSettings, type Settings } from "../../domain/Settings.ts"
import { startTimeout } from "../../domain/longestTimes.ts"
import { JOB_PATIENCE } from "../../journal/locking.ts"

/** When the run should be done, by the boot clock, in milliseconds. A watcher has no such time. */
export class RunDeadline extends Context.Reference<RunDeadline>()("nightly-dispatch/RunDeadline", {
  defaultValue: (): number => Number.POSITIVE_INFINITY
}) {}

/** A call may end this long after the run's deadline: that ends the dispatches first, and then their rollback begins. */
const AFTER_DEADLINE = Duration.minutes(2)

const calls = (count: number, time: Duration.Duration) =>
  Duration.sum(Duration.times(time, count), Duration.seconds(10))

/**
 * The longest that one call of a service may take. Our layers have limits of their own for each process and file, and stay well
 * within these, which hold for every layer.
 */
export const LIMITS = {
  /** A claim asks the tracker up to five times. */
  tracker: ({ timeouts }: Settings) => calls(8, timeouts.beads),
  /** A tracker may answer with hundreds of issues, each read by itself. */
  list: ({ timeouts }: Settings) => Duration.times(timeouts.run, 0.5),
  query: ({ timeouts }: Settings) => calls(8, timeouts.beads),
  preflight: ({ timeouts }: Settings) => calls(2, timeouts.preflight),
  /** After `startTimeout` the runner is asked what became of the job. */
  start: ({ timeouts }: Settings) => Duration.sum(startTimeout(timeouts), calls(8, timeouts.beads)),
  workspace: ({ timeouts }: Settings) => calls(4, timeouts.workspace),
  file: () => Duration.minutes(1),
  lock: () => Duration.times(JOB_PATIENCE, 2)
} as const satisfies Record<string, (settings: Settings) => Duration.Duration>
export type Limit = keyof typeof LIMITS

/** Runs one call of a service for at most its limit and the time that is left of the run. `failure` gets the time in words. */
export const limitedCall =
  (limit: Limit) =>
  <B, E2>(failure: (time: string) => Effect.Effect<B, E2>) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A | B, E | E2, R> =>
    Effect.gen(function* () {
      const [settings, deadline, now] = yield* Effect.all([CurrentSettings, RunDeadline, bootMillis])
      const left = Duration.millis(Math.max(0, deadline - now))
      const time = Duration.min(LIMITS[limit](settings), Duration.sum(left, AFTER_DEADLINE))
      return yield* withinLimit(call, time, () => failure(Duration.format(time)))
    })

/** What a call that was cut off says. `time`: in words. */
export const noAnswer = (time: string): string => `no answer within ${time}`
