import { Clock, Duration, Effect, Option, type Scope } from "effect"
import { skippedRunEvent } from "../domain/Event.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { Journal } from "./Journal.ts"

/**
 * Runs `work` under the run lock, which is held until the scope closes. If another run of this state directory has the lock,
 * logs `RUN_SKIPPED` and runs `otherwise` with the lock's holder instead. Fails with `hung` if that run is long beyond its
 * `timeouts.run`.
 */
export const exclusively = <A, E, R, B, E2, R2>(
  run: RunId,
  work: Effect.Effect<A, E, R>,
  otherwise: (holder: string) => Effect.Effect<B, E2, R2>
): Effect.Effect<A | B, E | E2 | JournalFailed, R | R2 | Journal | Scope.Scope> =>
  Effect.gen(function* () {
    const [journal, { timeouts }] = yield* Effect.all([Journal, CurrentSettings])
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeouts.run)
    const holder = yield* journal.lock({ run, until })
    if (Option.isNone(holder)) return yield* work
    yield* Effect.logWarning(skippedRunEvent(run, holder.value))
    return yield* otherwise(holder.value)
  })
