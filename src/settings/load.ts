import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Array as Arr, Effect, Either, Schema } from "effect"
import { Settings } from "../domain/Settings.ts"
import { baseDirectory, variable, type Surroundings } from "../surroundings.ts"
import { placeIn, repeatedProviders, tooShortRun } from "./checks.ts"
import { fromRecord, keyOf, merge, nest, type Entry } from "./entries.ts"
import { fromEnvironment, fromSurroundings } from "./environment.ts"
import { NO_FILE, readSettingsFile, type FilePlaces } from "./file.ts"
import { SETTINGS_KEYS, type SettingsKey } from "./keys.ts"
import { describedProviders, expandHome, normaliser } from "./normalise.ts"
import { ConfigInvalid, problemAt, type Place, type Problem } from "./problems.ts"
import { problemsOf } from "./schemaProblems.ts"

/** The settings in force, and where each came from. */
export interface LoadedSettings {
  readonly settings: Settings
  /** For every key: `flag`, a variable's name, `file …`, `default`, or `default ($…)` if a variable gave the default. */
  readonly sources: ReadonlyMap<SettingsKey, string>
  /** Where a value was written, e.g. `["providers", 0, "name"]`. */
  readonly placeOf: (path: ReadonlyArray<PropertyKey>) => Place
  /** The settings file that was read. */
  readonly file: string | undefined
  /** The names of the providers that this file describes, also where a flag or a variable names others. */
  readonly described: ReadonlyArray<string>
}

/** The sources of the settings. */
export interface SettingsInput extends Pick<Surroundings, "environment" | "cwd" | "home"> {
  /** Nested and partial, in the form of a file: `{ limits: { maxParallel: 1 } }`. `undefined` means not set. */
  readonly flags: Readonly<Record<string, unknown>>
  /** `--config`; else `$NIGHTLY_DISPATCH_CONFIG`; else the usual places. */
  readonly configFile: string | undefined
  /** Read no settings file. */
  readonly withoutFile?: boolean
}

/** Where the settings file is looked for. */
export const placesOf = ({ configFile, cwd, environment, home }: Omit<SettingsInput, "flags">): FilePlaces => {
  const named = configFile || variable(environment, "NIGHTLY_DISPATCH_CONFIG")
  return {
    named: named === undefined ? undefined : expandHome(named, home),
    cwd,
    configHome: baseDirectory({ environment, home }, "XDG_CONFIG_HOME")?.directory
  }
}

/** Decodes all entries at once. Each problem names the place of its key. */
const decode = (entries: ReadonlyArray<Entry>): Either.Either<Settings, ReadonlyArray<Problem>> => {
  const raw = nest(entries)
  const decoded = Schema.decodeUnknownEither(Settings, { errors: "all", onExcessProperty: "error" })(raw)
  return Either.mapLeft(decoded, (error) =>
    problemsOf(error, raw).map(({ message, path }) => problemAt(path, message, placeIn(path, entries)))
  )
}

/** See `problemOfTrackedFile`, which is imported only if there is a file. */
export const problemsOfGit = (file: string, entries: ReadonlyArray<Entry>) =>
  Effect.flatMap(
    Effect.promise(() => import("./tracked.ts")),
    ({ problemOfTrackedFile }) => problemOfTrackedFile(file, entries)
  )

/**
 * Merges flags over environment over file over defaults, key by key (a list replaces a list), and decodes once. Fails with
 * all problems together. A value that a stronger source replaces is not checked.
 */
export const loadSettings = (input: SettingsInput) => loadSettingsWith(input, problemsOfGit)

/** `loadSettings` with another check of a settings file that was found in the working directory. */
export const loadSettingsWith = Effect.fn("loadSettings")(function* <R>(
  input: SettingsInput,
  problemsOfFile: (file: string, entries: ReadonlyArray<Entry>) => Effect.Effect<ReadonlyArray<Problem>, never, R>
): Effect.fn.Return<LoadedSettings, ConfigInvalid, R | FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const { cwd, home } = input
  const file = input.withoutFile === true ? NO_FILE : yield* readSettingsFile(placesOf(input))
  const environment = fromEnvironment(input.environment, cwd)
  const flags = fromRecord(input.flags, { label: "flag", base: cwd })
  const merged = merge([fromSurroundings(input), file.entries, environment.entries, flags.entries])
  const [homeless, entries] = Arr.separate(merged.map(normaliser(path, home, file.entries)))
  const decoded = decode(entries)
  const tracked = file.isFound && file.file !== undefined ? yield* problemsOfFile(file.file, file.entries) : []
  const problems = [
    ...tracked,
    ...[file, environment, flags].flatMap((source) => source.problems),
    ...homeless,
    ...repeatedProviders(entries),
    ...Either.match(decoded, { onLeft: (found) => found, onRight: (settings) => tooShortRun(settings, entries) })
  ]
  if (Arr.isNonEmptyArray(problems)) return yield* new ConfigInvalid({ problems, file: file.file })
  const settings = yield* Effect.orDie(decoded)
  const labels = new Map(entries.map((entry) => [keyOf(entry), entry.origin.label]))
  const sources = new Map(SETTINGS_KEYS.map((key) => [key, labels.get(key) ?? "default"]))
  const described = [...describedProviders(file.entries).keys()].filter((name) => typeof name === "string")
  return { settings, sources, placeOf: (path) => placeIn(path, entries), file: file.file, described }
})
