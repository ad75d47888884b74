import { Effect, Layer, Option } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import type { Exec } from "../../exec/Exec.ts"
import { findState } from "../../locate.ts"
import type { Surroundings } from "../../surroundings.ts"
import { counting } from "../../telemetry/counting.ts"
import { root } from "../root.ts"
import { metricsFileOf } from "../telemetry/metrics.ts"
import * as starter from "./starter.ts"

/**
 * The layers of a command that works on jobs: it counts its events for the metrics, and starts watchers with the same settings for
 * the jobs that it leaves running.
 */
export const atWork = <A, E, R>(
  settings: Settings,
  surroundings: Surroundings,
  given: { readonly repo?: Option.Option<string>; readonly metricsFile: Option.Option<string> },
  services: Layer.Layer<A | Exec, E, R>
) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { config } = yield* root
      const { state } = yield* findState(settings, surroundings)
      const file = yield* metricsFileOf(given.metricsFile)
      const flags = [
        ...Option.toArray(config).flatMap((file) => ["--config", file]),
        ...Option.toArray(given.repo ?? Option.none()).flatMap((name) => ["--repo", name]),
        ...(file === undefined ? [] : ["--metrics-file", file])
      ]
      return Layer.merge(
        starter.layer(settings, { directory: state.directory, flags }),
        counting(
          state.directory,
          settings.providers.map(({ name }) => name)
        )
      )
    })
  ).pipe(Layer.provideMerge(services))
