import * as Path from "@effect/platform/Path"
import { Context, Effect, Option } from "effect"
import { Exec } from "../exec/Exec.ts"
import { kernelLock } from "../exec/kernelLock.ts"
import { nameOf, readHolder } from "../exec/lockHolder.ts"
import { processState } from "../exec/processState.ts"
import { journalFailures } from "./failures.ts"
import type { Journal, Watcher } from "./Journal.ts"
import { WATCH_PATIENCE } from "./locking.ts"
import { WATCH_LOCK } from "./stateFiles.ts"

/**
 * The watcher of a state directory; `None` if there is none. Loads no database.
 *
 * @example
 * Effect.map(watcherOf("/state"), Option.map(({ name }) => name)) // Some("process 4711")
 */
export const watcherOf = Effect.fn("watcherOf")(function* (
  directory: string
): Effect.fn.Return<Option.Option<Watcher>, never, Exec | Path.Path> {
  const [exec, path] = yield* Effect.all([Exec, Path.Path])
  const holder = yield* readHolder(path.join(directory, WATCH_LOCK))
  // The file of a watcher that was killed stays.
  if (holder === undefined || (yield* exec.liveness(holder.process)) === "dead") return Option.none()
  const state = yield* processState(holder.process)
  return Option.some({ name: nameOf(holder), pid: holder.process.pid, state, since: holder.since })
})

/** `Journal.watch` and `Journal.watcher` in this state directory. */
export const makeWatchPlace = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<Pick<Journal["Type"], "watch" | "watcher">, never, Exec | Path.Path> {
  // Not the whole context: its scope is the layer's, which ends later than the watcher.
  const context = Context.pick(Exec, Path.Path)(yield* Effect.context<Exec | Path.Path>())
  const file = (yield* Path.Path).join(directory, WATCH_LOCK)
  const watch: Journal["Type"]["watch"] = (run) =>
    kernelLock(file, WATCH_PATIENCE, { run }).pipe(
      Effect.as(Option.none<string>()),
      Effect.catchAll((error) =>
        error.reason === "held"
          ? Effect.succeed(Option.some(nameOf(error.holder)))
          : Effect.fail(journalFailures(file).of(error))
      ),
      Effect.provide(context),
      Effect.withSpan("Journal.watch")
    )
  return { watch, watcher: Effect.provide(watcherOf(directory), context) }
})
