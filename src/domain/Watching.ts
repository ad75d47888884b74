import { Context, Effect, Schema } from "effect"

/**
 * Whether a watcher lives beside the jobs of a state directory. `watches`: it does. `ends_with_run`: it does, or a run would
 * start one, but it ends with that run. `stopped`: a signal has stopped it. `off`: the settings say so. `not_started`: it
 * could not be started. `none`: there is none.
 *
 * @example
 * WatcherStanding.make({ state: "none", detail: "this program starts none" })
 */
export const WatcherStanding = Schema.Struct({
  state: Schema.Literal("watches", "ends_with_run", "stopped", "off", "not_started", "none"),
  /** Who watches, or why there is no watcher and what to do: one line for a person. */
  detail: Schema.String
})
export type WatcherStanding = typeof WatcherStanding.Type

/**
 * Sees to it that a watcher lives while jobs do. The default starts none: a library user may fork `watch` in a scope of its own.
 *
 * @example
 * yield* ensureWatcher // { state: "watches", detail: "process 4711, since …" }
 */
export class WatcherStarter extends Context.Reference<WatcherStarter>()("nightly-dispatch/WatcherStarter", {
  defaultValue: (): { readonly ensure: Effect.Effect<WatcherStanding> } => ({
    ensure: Effect.succeed({ state: "none", detail: "this program starts none" })
  })
}) {}

/**
 * Sees to it that a watcher lives, if this program starts one.
 *
 * @example
 * const { detail, state } = yield* ensureWatcher // "none" unless a `WatcherStarter` is provided
 */
export const ensureWatcher: Effect.Effect<WatcherStanding> = Effect.flatMap(WatcherStarter, ({ ensure }) => ensure)
