import { Context, Effect } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"

/**
 * When the first run of this state directory began: the warm-up counts from there. By default it was long ago, so there is none.
 *
 * @example
 * Layer.succeed(FirstRun, { recorded: Effect.sync(() => undefined), record: () => Effect.void }) // always in the warm-up
 */
export class FirstRun extends Context.Reference<FirstRun>()("nightly-dispatch/FirstRun", {
  defaultValue: (): {
    /** Milliseconds since the epoch, as it was written; `undefined` if there was no run yet. */
    readonly recorded: Effect.Effect<number | undefined, JournalFailed>
    /** Writes this time, in the place of another one too. */
    readonly record: (at: number) => Effect.Effect<void, JournalFailed>
  } => ({
    recorded: Effect.succeed(Number.NEGATIVE_INFINITY),
    record: () => Effect.void
  })
}) {}
