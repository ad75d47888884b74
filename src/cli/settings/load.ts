import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Array as Arr, Duration, Effect, Either, Schema } from "effect"
import { longestDispatch, Settings } from "../../domain/Settings.ts"
import { Span } from "../../domain/Span.ts"
import {
  fromEnvironment,
  fromMachine,
  fromRecord,
  isRecord,
  keyOf,
  merge,
  nest,
  sourceOf,
  type Entry,
  type Found
} from "./entries.ts"
import { readSettingsFile } from "./file.ts"
import { SETTINGS, SETTINGS_KEYS, type SettingsKey } from "./keys.ts"
import { ConfigInvalid, dotted, problemsOf, type Problem } from "./problems.ts"

export { ConfigInvalid }

/** The settings in force, and who said so. */
export interface LoadedSettings {
  readonly settings: Settings
  /** For every key: `flag`, a variable's name, `file …`, `default`, or `default ($…)` when the machine gave it. */
  readonly sources: ReadonlyMap<SettingsKey, string>
  /** The settings file that was read. */
  readonly file: string | undefined
}

/** What the settings are made from. */
export interface SettingsInput {
  /** Nested and partial, in the form a file would have: `{ limits: { maxParallel: 1 } }`. `undefined` is not set. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--config`; else `$NIGHTLY_DISPATCH_CONFIG`; else the usual places. */
  readonly configFile: string | undefined
  readonly cwd: string
  readonly home: string | undefined
}

const HOME = /^(?:~|\$HOME|\$\{HOME\})(?=\/|$)/

const absent = (text: string | undefined): text is undefined | "" => text === undefined || text === ""

/** The file's records of providers, by name. */
const recordsIn = (entries: ReadonlyArray<Entry>): ReadonlyMap<unknown, unknown> =>
  new Map(
    entries.flatMap(({ path, value }) =>
      path[0] === "providers" && path.length === 1 && Array.isArray(value)
        ? value.filter(isRecord).map((one) => [one["name"], one] as const)
        : []
    )
  )

/**
 * Provider names become records, and paths absolute. A name that a flag or a variable gives means the file's record of
 * that name, with its model and its command.
 */
const normalise = (
  entry: Entry,
  path: Path.Path,
  home: string | undefined,
  records: ReadonlyMap<unknown, unknown>
): Either.Either<Entry, Problem> => {
  const key = keyOf(entry)
  const { origin, value } = entry
  if (key === "providers" && Array.isArray(value)) {
    const providers = value.map((one: unknown) => (typeof one === "string" ? (records.get(one) ?? { name: one }) : one))
    return Either.right({ ...entry, value: providers })
  }
  const kind = key && SETTINGS[key].kind
  if ((kind !== "path" && kind !== "program") || typeof value !== "string" || value === "") return Either.right(entry)
  if (HOME.test(value) && absent(home)) {
    const message = `begins with ${HOME.exec(value)?.[0]}, but HOME is not set`
    return Either.left({ path: dotted(entry.path), message, source: sourceOf(origin, entry.path) })
  }
  const expanded = value.replace(HOME, () => home ?? "")
  const isName = kind === "program" && !expanded.includes("/")
  return Either.right({ ...entry, value: isName ? expanded : path.resolve(origin.base, expanded) })
}

/** A provider that is in the chain twice would only be asked twice. */
const repeatedProviders = (entries: ReadonlyArray<Entry>): ReadonlyArray<Problem> =>
  entries.flatMap((entry) => {
    if (keyOf(entry) !== "providers" || !Array.isArray(entry.value)) return []
    const names = entry.value.map((one: unknown) => (isRecord(one) ? one["name"] : undefined))
    return names.flatMap((name, index): ReadonlyArray<Problem> => {
      const first = names.indexOf(name)
      if (typeof name !== "string" || first === index) return []
      const path = ["providers", index, "name"]
      const message = `is in the chain already, at providers[${first}]`
      return [{ path: dotted(path), message, source: sourceOf(entry.origin, path) }]
    })
  })

const told = Schema.encodeSync(Span)

/** Where a key's value comes from. */
const sourceFor = (path: ReadonlyArray<PropertyKey>, entries: ReadonlyArray<Entry>): string => {
  const entry = entries.find((entry) => entry.path.every((part, index) => part === path[index]))
  return entry === undefined ? "default" : sourceOf(entry.origin, path)
}

/** A run whose window cannot hold one dispatch would find its bugs every night, start none, and end with 0. */
const narrowWindow = ({ timeouts }: Settings, entries: ReadonlyArray<Entry>): ReadonlyArray<Problem> => {
  const needed = longestDispatch(timeouts)
  if (Duration.lessThanOrEqualTo(needed, timeouts.run)) return []
  const message = `${told(timeouts.run)} cannot hold one dispatch, which may take ${told(needed)} (preflight + ack + workspace + 3 × beads)`
  return [{ path: "timeouts.run", message, source: sourceFor(["timeouts", "run"], entries) }]
}

/** Decodes once. Where a value came from is known by its key. */
const decode = (entries: ReadonlyArray<Entry>): Either.Either<Settings, ReadonlyArray<Problem>> => {
  const raw = nest(entries)
  const decoded = Schema.decodeUnknownEither(Settings, { errors: "all", onExcessProperty: "error" })(raw)
  return Either.mapLeft(decoded, (error) =>
    problemsOf(error, raw).map(({ message, path }) => ({
      path: dotted(path),
      message,
      source: sourceFor(path, entries)
    }))
  )
}

/**
 * Flags before environment before file before defaults, merged key by key (a list replaces a list), decoded once.
 * Everything that is wrong is found in one go; what is overruled by a stronger source is not looked at.
 */
export const loadSettings = Effect.fn("loadSettings")(function* (
  input: SettingsInput
): Effect.fn.Return<LoadedSettings, ConfigInvalid, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const { cwd, env, home } = input
  const xdg = env["XDG_CONFIG_HOME"]?.startsWith("/") === true ? env["XDG_CONFIG_HOME"] : undefined
  const named = input.configFile ?? env["NIGHTLY_DISPATCH_CONFIG"]
  const file = yield* readSettingsFile({
    named: absent(named) ? undefined : named.replace(HOME, (start) => home ?? start),
    cwd,
    configHome: xdg ?? (absent(home) ? undefined : path.join(home, ".config"))
  })
  const environment = fromEnvironment(env, cwd)
  const flags = fromRecord(input.flags, { label: "flag", base: cwd })
  const merged = merge([fromMachine(env, cwd, home), file.entries, environment.entries, flags.entries])
  const [homeless, entries] = Arr.separate(merged.map((entry) => normalise(entry, path, home, recordsIn(file.entries))))
  const decoded = decode(entries)
  const found: ReadonlyArray<Found["problems"]> = [file.problems, environment.problems, flags.problems, homeless]
  const wrong = Either.match(decoded, { onLeft: (problems) => problems, onRight: (all) => narrowWindow(all, entries) })
  const problems = [...found.flat(), ...repeatedProviders(entries), ...wrong]
  if (Arr.isNonEmptyArray(problems)) return yield* new ConfigInvalid({ problems })
  const settings = yield* Effect.orDie(decoded)
  const labels = new Map(entries.map((entry) => [keyOf(entry), entry.origin.label]))
  const sources = new Map(SETTINGS_KEYS.map((key) => [key, labels.get(key) ?? "default"]))
  return { settings, sources, file: file.file }
})
