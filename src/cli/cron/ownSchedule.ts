import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Context, Effect, Layer } from "effect"
import { OwnSchedule } from "../../report/schedule/OwnSchedule.ts"
import { ThisProcess } from "../../surroundings.ts"

/** Knows what `cron install` wrote for the repository of the settings in force. Few commands ask, so it is imported then. */
export const layer = Layer.effect(
  OwnSchedule,
  Effect.map(Effect.context<FileSystem.FileSystem | Path.Path | ThisProcess>(), (context) => ({
    installed: Effect.flatMap(
      Effect.promise(() => import("./installedSchedule.ts")),
      ({ installed }) => Effect.provide(installed, Context.pick(FileSystem.FileSystem, Path.Path, ThisProcess)(context))
    )
  }))
)
