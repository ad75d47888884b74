import { DateTime, Effect, Option } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import type { WatcherStanding } from "../../domain/Watching.ts"
import { endsWithUs } from "../../exec/endsWithUs.ts"
import type { Watcher } from "../../journal/Journal.ts"
import { watcherOf } from "../../journal/watchPlace.ts"

export const OFF: WatcherStanding = { state: "off", detail: "the setting watch is never" }

/** The standing of a watcher that has the place. `reason`: why it ends with this run. */
export const standingOf = ({ name, pid, since, state }: Watcher, reason: string | undefined): WatcherStanding => {
  const who = `${name}, since ${DateTime.formatIso(DateTime.unsafeMake(since))}`
  if (state === "stopped") {
    return {
      state: "stopped",
      detail: `${who}, is stopped by a signal, as after Ctrl-Z; to let it go on: kill -CONT ${pid}`
    }
  }
  return reason === undefined
    ? { state: "watches", detail: who }
    : { state: "ends_with_run", detail: `${who}, ends with this run: ${reason}` }
}

/** The watcher that has the place. `undefined` if there is none, or if it cannot be seen from here: it may have ended there. */
export const visibleWatcher = (directory: string) =>
  Effect.map(watcherOf(directory), (found) =>
    Option.getOrUndefined(Option.filter(found, ({ state }) => state !== "unseen"))
  )

/** The standing of the watcher of this state directory. Starts none. `isScoped`: see `endsWithUs`. */
export const standingNow = Effect.fn("watcher.standing")(function* (
  { watch }: Pick<Settings, "watch">,
  directory: string,
  isScoped: boolean
) {
  const watcher = yield* visibleWatcher(directory)
  if (watcher !== undefined) return standingOf(watcher, undefined)
  if (watch === "never") return OFF
  const reason = yield* endsWithUs({ isScoped })
  return {
    state: reason === undefined ? "none" : "ends_with_run",
    detail:
      reason === undefined
        ? "none now; run and settle start one while jobs are open"
        : `none now; one that a run starts would end with that run: ${reason}`
  } satisfies WatcherStanding
})
