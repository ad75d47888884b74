import { Context, Duration, Effect } from "effect"
import type { RunId } from "../domain/Ids.ts"

/** The longest that a run waits for its heartbeat at its end. */
export const HEARTBEAT_TIME = Duration.seconds(2)

/**
 * Tells a service outside of this host that runs begin and how they end, so that it can tell when none comes any more. Does
 * nothing by default. No method fails or throws: what could not be told is a warning in the log.
 *
 * @example
 * const heartbeat = Layer.succeed(Heartbeat, {
 *   begun: (run) => Effect.log(`${run} begins`),
 *   ended: (run, exit, text) => Effect.log(`${run} ended with ${exit}: ${text}`)
 * })
 */
export class Heartbeat extends Context.Reference<Heartbeat>()("nightly-dispatch/Heartbeat", {
  defaultValue: () => ({
    /** A run has begun. Returns at once. */
    begun: (_run: RunId): Effect.Effect<void> => Effect.void,
    /** It has ended with this exit code. Takes at most `HEARTBEAT_TIME`. `text` says how it went. */
    ended: (_run: RunId, _exit: number | "interrupted", _text: string): Effect.Effect<void> => Effect.void
  })
}) {}
