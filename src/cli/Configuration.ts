import { Context, Effect, Layer, Option } from "effect"
import * as path from "node:path"
import { settingsSecrets } from "../domain/Settings.ts"
import { importedLayer } from "../importedLayer.ts"
import { ThisProcess, type Surroundings } from "../surroundings.ts"
import { root } from "./root.ts"
import * as logging from "./logging.ts"
import { KeepSecret } from "./terminal/secrecy.ts"
import { loadSettingsWith, problemsOfGit, type LoadedSettings } from "../settings/load.ts"

/** The settings in force for a command, and where each came from. */
export class Configuration extends Context.Tag("nightly-dispatch/Configuration")<Configuration, LoadedSettings>() {}

/** Loads the settings, with a command's own flags on top; `withoutFile`: without a settings file. */
export const load = (flags: Readonly<Record<string, unknown>> = {}, withoutFile = false) =>
  Effect.gen(function* () {
    const [{ config }, { cwd, environment, home }] = yield* Effect.all([root, ThisProcess])
    const configFile = Option.getOrUndefined(config)
    // Only git needs processes here, and only if there is a file.
    const exec = importedLayer(
      () => import("../exec/NodeExec.ts"),
      ({ layerWith }) => layerWith({ environment })
    )
    const loaded = yield* loadSettingsWith(
      { flags, configFile, withoutFile, cwd, environment, home },
      (file, entries) => Effect.provide(problemsOfGit(file, entries), exec)
    )
    yield* Effect.flatMap(KeepSecret, (keep) => keep(settingsSecrets(loaded.settings)))
    return loaded
  })

/** The loaded settings. Broken settings fail only the commands that provide this layer. */
export const layer = (flags: Readonly<Record<string, unknown>> = {}, withoutFile = false) =>
  Layer.effect(Configuration, load(flags, withoutFile))

/**
 * A command's layers: the services that `make` builds from the settings in force, these settings, and logging. `flags` are
 * the command's own settings; with `live`, a terminal shows a line per bug; `withoutFile`: no settings file is read.
 */
export const configured = <A, E, R>(
  make: (loaded: LoadedSettings, surroundings: Surroundings) => Layer.Layer<A, E, R>,
  {
    flags = {},
    live = false,
    withoutFile = false
  }: {
    readonly flags?: Readonly<Record<string, unknown>>
    readonly live?: boolean
    readonly withoutFile?: boolean
  } = {}
) =>
  Layer.unwrapEffect(
    Effect.map(Effect.all([Configuration, ThisProcess]), ([loaded, process]) =>
      make(loaded, { ...process, settingsFile: loaded.file && path.resolve(process.cwd, loaded.file) })
    )
  ).pipe(Layer.provideMerge(Layer.merge(layer(flags, withoutFile), logging.layer({ live }))))
