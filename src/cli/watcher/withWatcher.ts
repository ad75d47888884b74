import { Effect, Layer, Option } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import type { Exec } from "../../exec/Exec.ts"
import { findState } from "../../locate.ts"
import type { Surroundings } from "../../surroundings.ts"
import { root } from "../root.ts"
import * as starter from "./starter.ts"

/** The layers of a command that leaves running jobs behind, and starts watchers for them with the same settings. */
export const withWatcher = <A, E, R>(
  settings: Settings,
  surroundings: Surroundings,
  repo: Option.Option<string>,
  services: Layer.Layer<A | Exec, E, R>
) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { config } = yield* root
      const { state } = yield* findState(settings, surroundings)
      const flags = [
        ...Option.toArray(config).flatMap((file) => ["--config", file]),
        ...Option.toArray(repo).flatMap((name) => ["--repo", name])
      ]
      return starter.layer(settings, { directory: state.directory, flags })
    })
  ).pipe(Layer.provideMerge(services))
