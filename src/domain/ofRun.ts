import { Effect } from "effect"
import { withRedactedLogs } from "./redactedLogs.ts"
import type { RunOptions } from "./RunOptions.ts"
import { withAttributes } from "./traceContext.ts"

/**
 * The logs of what a run, `settle` or the watcher does: without secrets, each line annotated with the run's id, which a logger
 * puts in front of events. Its spans have the id, too.
 *
 * @example
 * Effect.fn("work")(function* (options: RunOptions) { … }, ofRun)
 */
export const ofRun = <A, E, R>(effect: Effect.Effect<A, E, R>, { run }: RunOptions): Effect.Effect<A, E, R> =>
  withRedactedLogs(withAttributes(Effect.annotateLogs(effect, "run", run), { run }))
