import * as FileSystem from "./exec/FileSystem.ts"
import * as Path from "@effect/platform/Path"
import { Effect, Option, Schema } from "effect"
import { digest } from "./domain/digest.ts"
import { Identity } from "./domain/Identity.ts"
import type { Settings } from "./domain/Settings.ts"
import { DATABASE, IDENTITY, REPOSITORIES } from "./journal/stateFiles.ts"
import { baseDirectory, type Surroundings } from "./surroundings.ts"

/** A state directory, and the tracker that it serves. */
export interface StatePlace {
  readonly directory: string
  /** The real path of the tracker's directory; `undefined` if there is none, or if it cannot be found now. */
  readonly tracker: string | undefined
}

/** `$XDG_STATE_HOME/nightly-dispatch`, else `~/.local/state/nightly-dispatch`; `undefined` without a home directory. */
const homeBase = (surroundings: Surroundings): string | undefined => {
  const base = baseDirectory(surroundings, "XDG_STATE_HOME")
  return base && `${base.directory}/nightly-dispatch`
}

/** The same; without a home directory below the working directory. */
const baseOf = (surroundings: Surroundings): string =>
  homeBase(surroundings) ?? `${surroundings.cwd}/.local/state/nightly-dispatch`

/** Where this user's repositories are registered (see `hostRepositories`); `undefined` without a home directory. */
export const repositoriesDirectory = (surroundings: Surroundings): string | undefined => {
  const base = homeBase(surroundings)
  return base && `${base}/${REPOSITORIES}`
}

const decodeIdentity = Schema.decodeOption(Schema.parseJson(Identity))

/**
 * Whether a directory that was the default of all trackers in earlier versions holds the state of this one: it says so
 * itself, or, before its first run with this version, its newest attempt was made for this repository.
 */
const servesFromBefore = Effect.fn("statePlace.servesFromBefore")(function* (
  directory: string,
  tracker: string,
  repository: string | undefined
) {
  const fs = yield* FileSystem.FileSystem
  const recorded = yield* Effect.option(fs.readFileString(`${directory}/${IDENTITY}`))
  const serves = Option.flatMap(recorded, decodeIdentity).pipe(Option.flatMapNullable(({ trackers }) => trackers[0]))
  if (Option.isSome(serves)) return serves.value === tracker
  const file = `${directory}/${DATABASE}`
  if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) return false
  const { repositoryOfNewest } = yield* Effect.promise(() => import("./journal/sqlite/earlier.ts"))
  const newest = yield* repositoryOfNewest(file)
  return newest === undefined || newest === repository
})

/** Stands for the directory of a tracker that is not ours. Such a tracker never shares a state directory with a `.beads`. */
const OTHER_TRACKER = ".other-tracker"

/** The default state directory of a tracker: below the base, named after the tracker's place. */
const ownDirectory = (base: string, tracker: string, path: Path.Path): string => {
  const name =
    path
      .basename(path.dirname(tracker))
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .slice(0, 64) || "tracker"
  return path.join(base, `${name}-${digest(tracker).slice(0, 12)}`)
}

/**
 * The state directory of a tracker: that of the settings, else one of its own. A directory that an earlier version used for
 * every tracker is used on for the tracker whose state it holds. Makes nothing.
 */
export const statePlace = Effect.fn("statePlace")(function* (
  { stateDir }: Pick<Settings, "stateDir">,
  surroundings: Surroundings,
  found: {
    readonly beadsDir: string | undefined
    readonly repository: string | undefined
    /** False: the tracker is a service of the program around. */
    readonly isOurs?: boolean
  }
): Effect.fn.Return<StatePlace, never, FileSystem.FileSystem | Path.Path> {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const real = (directory: string) => Effect.orElseSucceed(fs.realPath(directory), () => directory)
  const { beadsDir } = found
  const isOurs = found.isOurs !== false
  const here = yield* real(found.repository ?? surroundings.cwd)
  const tracker = isOurs
    ? beadsDir && Option.getOrUndefined(yield* Effect.option(fs.realPath(beadsDir)))
    : path.join(here, OTHER_TRACKER)
  if (stateDir !== undefined) return { directory: stateDir, tracker }
  const base = baseOf(surroundings)
  const key = tracker ?? beadsDir ?? path.join(here, ".beads")
  const own = ownDirectory(base, key, path)
  const isMade = yield* Effect.orElseSucceed(fs.exists(own), () => false)
  const repository = found.repository === undefined ? undefined : yield* real(found.repository)
  const isEarlier = isOurs && !isMade && (yield* servesFromBefore(base, key, repository))
  return { directory: isEarlier ? base : own, tracker }
})
