import { Config, Effect, Layer, Option, Record } from "effect"
import type { ConfigError } from "effect/ConfigError"
import type { JournalFailed } from "./domain/Failure.ts"
import * as NodeExec from "./exec/NodeExec.ts"
import type { OtherTracker } from "./journal/identity.ts"
import { layer, type LayerServices } from "./layer.ts"
import type { AnyParts, KnownParts, PartErrors, Platform } from "./layerParts.ts"
import type { LoadedSettings } from "./settings/load.ts"
import type { ConfigInvalid } from "./settings/problems.ts"
import { surroundingsHere, type Environment, type Surroundings } from "./surroundings.ts"

/** Where settings come from. */
export interface LoadOptions {
  /** Settings that beat all others, in the form of a file: `{ limits: { maxParallel: 1 } }`. */
  readonly flags?: Readonly<Record<string, unknown>>
  /** The settings file. Default: that of NIGHTLY_DISPATCH_CONFIG, else the usual places. */
  readonly configFile?: string
  /** Read no settings file. */
  readonly withoutFile?: boolean
  /** Default: those of this process. */
  readonly surroundings?: Surroundings
}

/**
 * The settings as the command line finds them: `flags` over variables over the settings file over the defaults. Fails with
 * `ConfigInvalid`, which holds every problem with its place.
 *
 * @example
 * Effect.map(loadSettings({ configFile: "/etc/nightly-dispatch.yaml" }), ({ settings }) => settings)
 */
export const loadSettings = Effect.fn("loadSettings")(function* ({
  configFile,
  flags = {},
  surroundings,
  withoutFile = false
}: LoadOptions = {}): Effect.fn.Return<LoadedSettings, ConfigInvalid, Platform> {
  const { cwd, environment, home } = surroundings ?? (yield* surroundingsHere)
  // The parser of the file is large, and only this needs it.
  const { loadSettings } = yield* Effect.promise(() => import("./settings/load.ts"))
  const input = { flags, configFile, withoutFile, cwd, environment, home }
  return yield* Effect.provide(loadSettings(input), NodeExec.layerWith({ environment }))
})

/** The variables of ours that the `ConfigProvider` has, instead of those in the environment. */
const configured = Effect.fn("layerConfig.variables")(function* (
  environment: Environment
): Effect.fn.Return<Environment, ConfigError> {
  const { OURS } = yield* Effect.promise(() => import("./settings/environment.ts"))
  const named = Record.fromIterableWith(OURS, (name) => [name, Config.option(Config.string(name))])
  const found = Record.getSomes(yield* Config.all(named))
  return { ...Record.filter(environment, (_, name) => !OURS.includes(name)), ...found }
})

/** What a layer of `Config` takes besides. */
export interface LayerConfigOptions<P> {
  /** Services of your own in place of ours, as in `layer`. */
  readonly parts?: KnownParts<P>
  /** Default: those of this process. */
  readonly surroundings?: Surroundings
}

/**
 * `layer` with the settings of Effect's `Config`: the variables that the command line reads (`NIGHTLY_DISPATCH_REPO`, …), as the
 * `ConfigProvider` in force has them. A settings file is read only if NIGHTLY_DISPATCH_CONFIG names it. Fails with `ConfigError` if
 * the provider fails, with `ConfigInvalid` and every problem at once if settings are wrong, and as `layer` does.
 *
 * @example
 * nightlyRun().pipe(Effect.provide(layerConfig()), Effect.provide(NodeContext.layer))
 */
export const layerConfig = <P extends AnyParts = Record<never, never>>({
  parts,
  surroundings
}: LayerConfigOptions<P> = {}): Layer.Layer<
  LayerServices,
  ConfigError | ConfigInvalid | JournalFailed | OtherTracker | PartErrors<P>,
  Platform
> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const here = surroundings ?? (yield* surroundingsHere)
      const environment = yield* configured(here.environment)
      const withoutFile = Option.isNone(Record.get(environment, "NIGHTLY_DISPATCH_CONFIG"))
      const { settings } = yield* loadSettings({ withoutFile, surroundings: { ...here, environment } })
      return layer<P>(settings, here, parts)
    })
  )
