import * as FileSystem from "../exec/FileSystem.ts"
import * as Path from "@effect/platform/Path"
import { DateTime, Effect, Layer, Option } from "effect"
import { replaceFile } from "../exec/replaceFile.ts"
import { journalFailures } from "./failures.ts"
import { FirstRun } from "./FirstRun.ts"
import { answering, ownStateDirectory, readableStateDirectory, type StateDirectory } from "./stateDirectory.ts"
import { FIRST_RUN } from "./stateFiles.ts"

/**
 * `FirstRun` in a file of the state directory. Building this layer reads and makes nothing. A text that is no time counts as none.
 *
 * @example
 * program.pipe(Effect.provide(FirstRunFile.layer({ directory: "/var/lib/nightly-dispatch/shop" })))
 */
export const layer = (state: StateDirectory): Layer.Layer<FirstRun, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    FirstRun,
    Effect.gen(function* () {
      const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
      const file = path.join(state.directory, FIRST_RUN)
      const orUnusable = Effect.mapError(journalFailures(file).of)
      const text = fs.readFileString(file).pipe(
        Effect.catchIf(
          (error) => error._tag === "SystemError" && error.reason === "NotFound",
          () => Effect.succeed("")
        ),
        orUnusable
      )
      const recorded = Effect.zipRight(readableStateDirectory(state), text).pipe(
        Effect.map((written) =>
          Option.getOrUndefined(Option.map(DateTime.make(written.trim()), DateTime.toEpochMillis))
        ),
        (reading) => answering(reading, state)
      )
      const record = (at: number) =>
        Effect.zipRight(
          ownStateDirectory(state),
          orUnusable(replaceFile(file, `${DateTime.formatIso(DateTime.unsafeMake(at))}\n`))
        ).pipe((writing) => answering(writing, state))
      return {
        recorded: Effect.provide(recorded, context),
        record: (at) => Effect.provide(record(at), context)
      }
    })
  )
