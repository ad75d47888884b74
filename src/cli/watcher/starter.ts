import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Either, Layer, Ref } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import { WatcherStarter, type WatcherStanding } from "../../domain/Watching.ts"
import { endsWithUs } from "../../exec/endsWithUs.ts"
import { Exec, type ProcessIdentity } from "../../exec/Exec.ts"
import type { Watcher } from "../../journal/Journal.ts"
import type { ThisProcess } from "../../surroundings.ts"
import { launchWatcher, logOf, type WatcherCommand } from "./launchWatcher.ts"
import { OFF, standingOf, visibleWatcher } from "./standing.ts"

type Needs = Exec | FileSystem.FileSystem | Path.Path | ThisProcess

/** How often the place is looked at, 100 ms apart, until the started watcher has it. A busy host starts one in 10 s. */
const TRIES = 200

/** The last line of the watcher's log. */
const lastWords = Effect.fn("watcher.lastWords")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.orElseSucceed(fs.readFileString(logOf(directory)), () => "")
  return oneLine(text.trimEnd().split("\n").at(-1) ?? "", 300)
})

/** Waits until a watcher has the place. Left: why none has it. */
const awaitPlace = Effect.fn("watcher.awaitPlace")(function* (
  directory: string,
  process: ProcessIdentity
): Effect.fn.Return<Either.Either<Watcher, string>, never, Needs> {
  const exec = yield* Exec
  for (let tries = 0; tries < TRIES; tries++) {
    const watcher = yield* visibleWatcher(directory)
    if (watcher !== undefined) return Either.right(watcher)
    if ((yield* exec.liveness(process)) === "dead") {
      return Either.left(`process ${process.pid} ended at once: ${yield* lastWords(directory)}`)
    }
    yield* Effect.sleep("100 millis")
  }
  return Either.left(`process ${process.pid} was started, but does not watch yet; see ${logOf(directory)}`)
})

const start = Effect.fn("watcher.start")(function* (
  command: WatcherCommand
): Effect.fn.Return<WatcherStanding, never, Needs> {
  const launched = yield* Effect.either(launchWatcher(command))
  const notStarted = (why: string): WatcherStanding => ({ state: "not_started", detail: why })
  if (Either.isLeft(launched)) return notStarted(`it could not be started: ${launched.left.message}`)
  const { isScoped, process } = launched.right
  const placed = yield* awaitPlace(command.directory, process)
  if (Either.isLeft(placed)) return notStarted(placed.left)
  return standingOf(placed.right, yield* endsWithUs({ isScoped }))
})

/** Says what changed since the last time. */
const report = ({ detail, state }: WatcherStanding) => {
  if (state === "watches") return Effect.logInfo(`the watcher: ${detail}`)
  if (state === "off") return Effect.logDebug(`no watcher: ${detail}`)
  const without = "without it jobs are settled, and claims that are leases renewed, only by runs"
  return Effect.logWarning(`the watcher: ${detail}; ${without}`)
}

/**
 * Starts `nightly-dispatch watch` where no watcher lives. One that could not be started is not tried again by this program: the
 * next run does.
 */
const ensureFor = Effect.fnUntraced(function* ({ watch }: Pick<Settings, "watch">, command: WatcherCommand) {
  const context = yield* Effect.context<Needs>()
  const mutex = yield* Effect.makeSemaphore(1)
  const last = yield* Ref.make<WatcherStanding | undefined>(undefined)
  const now = Effect.gen(function* () {
    if (watch === "never") return OFF
    const before = yield* Ref.get(last)
    const watcher = yield* visibleWatcher(command.directory)
    if (watcher !== undefined) {
      return before?.state === "ends_with_run" ? before : standingOf(watcher, yield* endsWithUs({ isScoped: true }))
    }
    return before?.state === "not_started" ? before : yield* start(command)
  })
  const ensure = Effect.tap(now, (standing) =>
    Effect.flatMap(Ref.getAndSet(last, standing), (before) =>
      before?.detail === standing.detail ? Effect.void : report(standing)
    )
  ).pipe(mutex.withPermits(1), Effect.provide(context))
  return { ensure }
})

/**
 * Starts watchers as processes of this program.
 *
 * @example
 * Layer.provide(starter.layer(settings, { directory: "/state", flags: ["--repo", "app"] }), …)
 */
export const layer = (settings: Pick<Settings, "watch">, command: WatcherCommand) =>
  Layer.effect(WatcherStarter, ensureFor(settings, command))
