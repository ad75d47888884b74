import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, DateTime, Duration, Effect, Option } from "effect"
import type { Settings } from "../domain/Settings.ts"
import { replaceFile } from "../exec/replaceFile.ts"
import { ownStateDirectory, readableStateDirectory } from "../journal/stateDirectory.ts"

/**
 * One dispatch at a time until `limits.warmUp` after the first run of this state directory, unless somebody set
 * `limits.maxParallel`: what was said outweighs what is assumed. `record` notes the first run; a dry run does not.
 */
export const warmUp = Effect.fn("warmUp")(function* (
  settings: Settings,
  stateDir: string,
  maxParallelSource: string,
  record: boolean
) {
  const fs = yield* FileSystem.FileSystem
  const file = `${stateDir}/first-run`
  const now = yield* Clock.currentTimeMillis
  yield* (record ? ownStateDirectory : readableStateDirectory)({ directory: stateDir })
  const first = yield* fs.readFileString(file).pipe(
    Effect.map((text) => Option.map(DateTime.make(text.trim()), DateTime.toEpochMillis)),
    Effect.orElseSucceed(() => Option.none<number>())
  )
  if (record && Option.isNone(first)) {
    yield* replaceFile(file, `${DateTime.formatIso(DateTime.unsafeMake(now))}\n`)
  }
  const until = Option.getOrElse(first, () => now) + Duration.toMillis(settings.limits.warmUp)
  if (maxParallelSource !== "default" || now >= until || settings.limits.maxParallel === 1) return settings
  yield* Effect.logInfo(
    `warm-up: one dispatch at a time until ${DateTime.formatIso(DateTime.unsafeMake(until))} (limits.warmUp; set limits.maxParallel to decide yourself)`
  )
  return { ...settings, limits: { ...settings.limits, maxParallel: 1 } }
})
