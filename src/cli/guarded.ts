import { Duration, Effect } from "effect"
import { CurrentSettings } from "../domain/Settings.ts"
import { watchdog } from "../exec/watchdog.ts"
import { OVERDUE_GRACE } from "../journal/locking.ts"

/** Before the next run would call this one hung. */
const GRACE = Duration.subtract(OVERDUE_GRACE, Duration.minutes(2))

/**
 * Runs a command under a watchdog, which ends this process if its event loop is blocked. With `isTimed`, also if it is far beyond
 * `timeouts.run`.
 *
 * @example
 * nightlyRun(options).pipe(guarded("run", true))
 */
export const guarded =
  (name: string, isTimed: boolean) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { timeouts } = yield* CurrentSettings
        yield* watchdog({ name, limit: isTimed ? Duration.sum(timeouts.run, GRACE) : Duration.infinity })
        return yield* command
      })
    )
