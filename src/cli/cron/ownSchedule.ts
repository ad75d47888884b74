import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import { OwnSchedule } from "../../report/schedule/OwnSchedule.ts"
import type { ThisProcess } from "../../surroundings.ts"

/** Knows what `cron install` wrote for the repository of the settings in force. Few commands ask, so it is imported then. */
export const layer = Layer.effect(
  OwnSchedule,
  Effect.map(Effect.context<FileSystem.FileSystem | Path.Path | ThisProcess>(), (context) => ({
    installed: Effect.flatMap(
      Effect.promise(() => import("./installedSchedule.ts")),
      ({ installed }) => Effect.provide(installed, context)
    )
  }))
)
