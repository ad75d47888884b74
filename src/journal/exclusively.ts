import { Effect, Option, type Scope } from "effect"
import { skippedRunEvent } from "../domain/Event.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import { Journal } from "./Journal.ts"

/**
 * Does the work while no other run of this state directory is active, and keeps the others out until the scope closes.
 * While one is, `busy` is told who, and the log is told too.
 */
export const alone = <A, E, R, B, E2, R2>(
  run: RunId,
  work: Effect.Effect<A, E, R>,
  busy: (holder: string) => Effect.Effect<B, E2, R2>
): Effect.Effect<A | B, E | E2 | JournalFailed, R | R2 | Journal | Scope.Scope> =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const holder = yield* journal.lock
    if (Option.isNone(holder)) return yield* work
    yield* Effect.logWarning(skippedRunEvent(run, holder.value))
    return yield* busy(holder.value)
  })
