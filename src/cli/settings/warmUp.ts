import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, DateTime, Duration, Effect, Option } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { isMistaken } from "../../domain/BootClock.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { ownStateDirectory, readableStateDirectory } from "../../journal/stateDirectory.ts"
import type { LoadedSettings } from "./load.ts"

/**
 * The settings, with one dispatch at a time until `limits.warmUp` after the first run of this state directory. Leaves a
 * `limits.maxParallel` that is set as it is. With `record`, writes the time of the first run, in place of one in the future too; a dry run must not write.
 */
export const warmUp = Effect.fn("warmUp")(function* (
  { settings, sources }: Pick<LoadedSettings, "settings" | "sources">,
  stateDir: string,
  record: boolean
) {
  const fs = yield* FileSystem.FileSystem
  const file = `${stateDir}/first-run`
  const now = yield* Clock.currentTimeMillis
  yield* (record ? ownStateDirectory : readableStateDirectory)({ directory: stateDir })
  const written = yield* fs.readFileString(file).pipe(
    Effect.map((text) => Option.map(DateTime.make(text.trim()), DateTime.toEpochMillis)),
    Effect.orElseSucceed(() => Option.none<number>())
  )
  const first = Option.filter(written, (at) => !isMistaken(at, now))
  if (Option.isSome(written) && Option.isNone(first)) {
    const date = DateTime.formatIso(DateTime.unsafeMake(written.value))
    yield* Effect.logWarning(`the first run is dated ${date}, in the future: a clock was wrong. Warm-up begins now`)
  }
  if (record && Option.isNone(first)) {
    yield* Effect.mapError(
      replaceFile(file, `${DateTime.formatIso(DateTime.unsafeMake(now))}\n`),
      ({ message }) => new JournalFailed({ file, reason: "unusable", detail: message })
    )
  }
  const until = Option.getOrElse(first, () => now) + Duration.toMillis(settings.limits.warmUp)
  const isSet = (sources.get("limits.maxParallel") ?? "default") !== "default"
  if (isSet || now >= until || settings.limits.maxParallel === 1) return settings
  yield* Effect.logInfo(
    `warm-up: one dispatch at a time until ${DateTime.formatIso(DateTime.unsafeMake(until))} (limits.warmUp; set limits.maxParallel to decide yourself)`
  )
  return { ...settings, limits: { ...settings.limits, maxParallel: 1 } }
})
