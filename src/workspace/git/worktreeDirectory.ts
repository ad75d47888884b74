import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option, Schema } from "effect"
import * as fs from "node:fs/promises"
import { basename, dirname } from "node:path"
import { BeadsId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { oneLine } from "../../domain/Text.ts"
import { isNotFound, makeDirectories } from "../../exec/makeDirectories.ts"
import type { Git } from "./command.ts"
import { makeRemovedDirectories } from "./removedDirectories.ts"
import { fromFiles, obstructed, unusable, type WorktreeRoot } from "./worktreeRoot.ts"

/** Where a bug's worktree is or will be: `<root>/<id>/<repo>`. */
export interface Location {
  /** Absolute, below the root as the operator configured it: dx-runner compares this path with the prefixes that it allows. */
  readonly path: string
  /** The same path without links, as git prints it. */
  readonly real: string
  /** `<root>/<id>`, without links: shared by the bug's worktrees of all repositories. */
  readonly parent: string
}

/**
 * Where a worktree of the bug's base is: `<root>/<id>/+base-<repo>`, beside the bug's worktree. No repository's name begins with a
 * plus sign.
 */
export const baseLocation = ({ parent, path, real }: Location): Location => {
  const beside = (place: string) => `${dirname(place)}/+base-${basename(place)}`
  return { path: beside(path), real: beside(real), parent }
}

const decodeId = Schema.decodeUnknownOption(BeadsId)

/** Removes each of the directories that is empty. */
export const removeEmpty = (...directories: ReadonlyArray<string>) =>
  Effect.forEach(directories, (each) => Effect.ignore(Effect.tryPromise(() => fs.rmdir(each))), { discard: true })

export const requireName = ({ name }: Repository) =>
  /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)
    ? Effect.void
    : unusable(`${JSON.stringify(oneLine(name))} cannot be the name of a directory`)

/** Finds and creates the directories of worktrees below a root. Git makes and removes the worktrees in them. */
export const makeWorktreeDirectories = Effect.fnUntraced(function* (root: WorktreeRoot) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { moveAside, removeRests, restsOf } = makeRemovedDirectories(files, path)

  /** `Location.path`. Does not look at the disk. */
  const pathOf = (id: string, { name }: Repository) => path.join(root.path, id, name)

  const locationIn = (realRoot: string, id: string, repository: Repository): Location => {
    const parent = path.join(realRoot, id)
    return { path: pathOf(id, repository), real: path.join(parent, repository.name), parent }
  }

  const inFiles = Effect.provideService(FileSystem.FileSystem, files)

  /** Makes the directory unless it exists; `false` if it existed. */
  const make = (directory: string) =>
    files.makeDirectory(directory, { mode: 0o700 }).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
        () => Effect.succeed(false)
      ),
      Effect.mapError((error) => fromFiles(error, `cannot make ${directory}`))
    )

  /** The location of a bug, or of a trial. Creates its parent directory. */
  const prepare = Effect.fnUntraced(function* (id: string, repository: Repository) {
    yield* requireName(repository)
    const location = locationIn(yield* root.created, id, repository)
    const { parent } = location
    if ((yield* root.ownDirectory(parent)) !== undefined) return location
    // With its parents: a trial of another process may have just removed the root, which was empty.
    yield* Effect.mapError(inFiles(makeDirectories(parent)), (error) => fromFiles(error, `cannot make ${parent}`))
    yield* root.ownDirectory(parent)
    return location
  })

  /** The location of a bug, or of a trial. Creates nothing; the root may be missing. */
  const locate = Effect.fnUntraced(function* (id: string, repository: Repository) {
    yield* requireName(repository)
    const location = locationIn((yield* root.present) ?? root.path, id, repository)
    yield* root.ownDirectory(location.parent)
    return location
  })

  const stateOf = Effect.fnUntraced(function* ({ real }: Location) {
    if ((yield* root.ownDirectory(real)) === undefined) return "missing"
    const entries = yield* Effect.mapError(files.readDirectory(real), (error) => fromFiles(error))
    return entries.length === 0 ? "empty" : "filled"
  })

  /** Creates the worktree's directory. If several processes try at once, all but one fail. */
  const create = ({ real }: Location) =>
    Effect.filterOrFail(
      make(real),
      (made) => made,
      () => obstructed(`cannot make ${real}: it exists`)
    )

  /** Whether there is something at this location, or the rest of it. */
  const isThere = (at: Location) =>
    Effect.orElseSucceed(files.exists(at.real), () => false).pipe(
      Effect.flatMap((exists) => (exists ? Effect.succeed(true) : Effect.map(restsOf(at), ({ length }) => length > 0)))
    )

  /** The bugs that have a worktree of this repository, or of its base, or the rest of one. */
  const existing = Effect.fn("Workspaces.existing")(function* (repository: Repository) {
    yield* requireName(repository)
    const real = yield* root.present
    if (real === undefined) return []
    const names = yield* files.readDirectory(real).pipe(
      Effect.catchIf(isNotFound, () => Effect.succeed([])),
      Effect.mapError((error) => fromFiles(error))
    )
    const ids = names.flatMap((name) => Option.toArray(decodeId(name)))
    return yield* Effect.filter(ids, (id) => {
      const location = locationIn(real, id, repository)
      return Effect.exists([location, baseLocation(location)], isThere)
    })
  })

  return { pathOf, prepare, locate, stateOf, create, moveAside, removeRests, isThere, existing }
})

/** The tools that make and remove worktrees. */
export interface WorktreeTools {
  readonly git: Git
  readonly root: WorktreeRoot
  readonly directories: Effect.Effect.Success<ReturnType<typeof makeWorktreeDirectories>>
  /** The branch on which the layer's tool makes a bug's worktree. */
  readonly branchOf: (id: string) => string
}
