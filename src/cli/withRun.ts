import { Effect, type Layer } from "effect"
import type { RunOptions } from "../domain/RunOptions.ts"
import { EXIT } from "../domain/exitCode.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { CurrentSettings, type Settings } from "../domain/Settings.ts"
import { repositoryOf, stateDirectory } from "../surroundings.ts"
import { newRunId } from "./runId.ts"
import { failWith, surroundings } from "./session.ts"
import { Terminal } from "./terminal/Terminal.ts"

/** A run of its own id on the repository of the settings, over these services. Ends the command where it cannot begin. */
export const withRun = <A, R, S, R2>(
  settings: Settings,
  services: Layer.Layer<S, JournalFailed, R2>,
  work: (options: RunOptions) => Effect.Effect<A, JournalFailed, R>
) =>
  Effect.gen(function* () {
    const around = yield* surroundings
    const { host } = yield* Terminal
    const repository = yield* Effect.catchAll(repositoryOf(settings, around), ({ message }) =>
      failWith(EXIT.config, message)
    )
    return yield* work({ run: yield* newRunId(host, stateDirectory(settings, around)), host, repository })
  }).pipe(
    Effect.provide(services),
    Effect.catchTag("JournalFailed", ({ message }) => failWith(EXIT.state, message)),
    Effect.provideService(CurrentSettings, settings)
  )
