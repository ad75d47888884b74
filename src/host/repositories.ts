import * as FileSystem from "../exec/FileSystem.ts"
import { Array as Arr, Effect, Either, Schema } from "effect"
import { digest } from "../domain/digest.ts"
import { oneLine } from "../domain/Text.ts"
import { Exec } from "../exec/Exec.ts"
import { makeDirectories } from "../exec/makeDirectories.ts"
import { ownDirectoryAt } from "../exec/ownFiles.ts"
import { replaceFile } from "../exec/replaceFile.ts"

/** A repository that is worked on from this host, as its last run wrote it down. All paths are absolute. */
export const HostRepository = Schema.Struct({
  name: Schema.String,
  /** The clone. */
  path: Schema.String,
  /** The real path of its state directory, which tells it from every other one. */
  stateDir: Schema.String,
  /** The tracker's directory; `undefined` if none was found. */
  tracker: Schema.optional(Schema.String),
  /** The settings file of that run; `undefined` if it had none. */
  settingsFile: Schema.optional(Schema.String),
  /** The machine's id; `undefined` on one without an id. */
  machine: Schema.optional(Schema.String)
})
export type HostRepository = typeof HostRepository.Type

const Entry = Schema.parseJson(HostRepository, { space: 2 })
const decode = Schema.decode(Entry)

/** The id of this machine; `undefined` if it has none. */
const machineHere = Effect.flatMap(Exec, (exec) => exec.identify(process.pid)).pipe(
  Effect.map((identity) => identity?.machine)
)

const exists = (directory: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(directory))

/** What is known of the repositories that are worked on from here. */
export interface HostRepositories {
  /** By name, then by path. Without those whose state directory is gone. */
  readonly repositories: ReadonlyArray<HostRepository>
  /** The entries that cannot be read, each with why. */
  readonly unreadable: ReadonlyArray<string>
}

export const NO_REPOSITORIES: HostRepositories = { repositories: [], unreadable: [] }

const byName = (a: HostRepository, b: HostRepository): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.path < b.path ? -1 : a.path > b.path ? 1 : 0

/**
 * The repositories that this user's dispatchers work on from this machine. `directory`: where they are registered. Never fails: what
 * cannot be read is told.
 *
 * @example
 * const { repositories } = yield* hostRepositories("/home/me/.local/state/nightly-dispatch/repositories")
 */
export const hostRepositories = Effect.fn("hostRepositories")(function* (
  directory: string
): Effect.fn.Return<HostRepositories, never, Exec | FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const names = Effect.flatMap(fs.exists(directory), (isThere) =>
    isThere ? fs.readDirectory(directory) : Effect.succeed([])
  )
  const seen = yield* Effect.either(Effect.all([machineHere, names]))
  if (Either.isLeft(seen)) return { ...NO_REPOSITORIES, unreadable: [oneLine(seen.left.message)] }
  const [machine, all] = seen.right
  const read = (name: string) =>
    Effect.gen(function* () {
      const repository = yield* Effect.flatMap(fs.readFileString(`${directory}/${name}`), decode)
      const isHere = repository.machine === machine && (yield* exists(repository.stateDir))
      return isHere ? [repository] : []
    }).pipe(Effect.mapError(({ message }) => `${directory}/${name}: ${oneLine(message)}`))
  const files = all.filter((name) => /^[0-9a-f]{12}\.json$/.test(name))
  const [unreadable, found] = Arr.separate(yield* Effect.forEach(files, (name) => Effect.either(read(name))))
  return { repositories: found.flat().toSorted(byName), unreadable }
})

/**
 * Writes down that a repository is worked on from here. Writes only what has changed. A failure is one warning: then this host's
 * other dispatchers do not see its jobs.
 */
export const registerRepository = Effect.fn("registerRepository")(function* (
  directory: string,
  repository: Omit<HostRepository, "machine">
): Effect.fn.Return<void, never, Exec | FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.gen(function* () {
    // One directory under two names would be counted twice.
    const stateDir = yield* fs.realPath(repository.stateDir)
    const text = yield* Schema.encode(Entry)({ ...repository, stateDir, machine: yield* machineHere })
    yield* makeDirectories(directory)
    yield* ownDirectoryAt(directory)
    const file = `${directory}/${digest(stateDir).slice(0, 12)}.json`
    const before = yield* Effect.option(fs.readFileString(file))
    if (before._tag === "None" || before.value !== text) yield* replaceFile(file, text)
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.logWarning(
        `status --all-repos and other dispatchers of this host do not see this one: ${oneLine(message)}`
      )
    )
  )
})
