import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import { entryAt, letsOthersReplace, ownDirectoryAt, type NotOurs } from "../../exec/ownFiles.ts"
import type { Repository } from "../../domain/Repository.ts"

/** Where an issue's worktree stands or will stand: `<root>/<id>/<repo>`. */
export interface Place {
  /** Absolute, as the root was named: the runner compares it with the prefixes it allows. */
  readonly path: string
  /** The same without links: what git calls it. */
  readonly real: string
}

const detailOf = (error: PlatformError): string =>
  oneLine(error._tag === "SystemError" ? (error.description ?? error.message) : error.message)

const failure = (blame: "issue" | "host" | "config", detail: string) => new WorkspaceFailed({ detail, blame })

const notOurs = ({ message, reason }: NotOurs) => failure(reason === "unreadable" ? "host" : "issue", oneLine(message))

/** The files below a workspace root that belong to the user `uid`. */
export const makePlaces = Effect.fnUntraced(function* (rootOption: string, uid: number | undefined) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(rootOption)
  const ownDirectory = (path: string) => Effect.mapError(ownDirectoryAt(path, uid), notOurs)

  const unusable = (error: PlatformError) => failure("config", `cannot use ${root}: ${detailOf(error)}`)

  /** The root without links, if nobody else may exchange what is in it. */
  const trustedRoot = Effect.gen(function* () {
    const real = yield* Effect.mapError(files.realPath(root), unusable)
    const stat = yield* Effect.mapError(ownDirectoryAt(real, uid, 0), ({ message }) =>
      failure("config", oneLine(message))
    )
    if (stat !== undefined && letsOthersReplace(stat))
      return yield* failure("config", `everybody may exchange what is in ${real}; chmod o-w it`)
    return real
  })

  /** The root without links, made when missing. */
  const realRoot = files
    .makeDirectory(root, { recursive: true, mode: 0o700 })
    .pipe(Effect.mapError(unusable), Effect.andThen(trustedRoot))

  /** Whether the root can be used, or made when it is missing. Makes nothing: a dry run asks as well. */
  const checkRoot = Effect.gen(function* () {
    let at = root
    while (!(yield* Effect.mapError(files.exists(at), unusable))) at = path.dirname(at)
    if (at === root) return yield* Effect.asVoid(trustedRoot)
    const { type } = yield* Effect.mapError(files.stat(at), unusable)
    if (type !== "Directory") return yield* failure("config", `cannot use ${root}: ${at} is not a directory`)
    yield* Effect.mapError(files.access(at, { writable: true }), unusable)
  })

  const requireName = ({ name }: Repository) =>
    /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)
      ? Effect.void
      : failure("config", `${JSON.stringify(oneLine(name))} cannot be the name of a directory`)

  /** `Place.path`, without a look at the disk. */
  const pathOf = (id: BeadsId, { name }: Repository) => path.join(root, id, name)

  /** Whether nothing at all is there. */
  const isGone = (path: string) =>
    Effect.mapBoth(entryAt(path), { onFailure: notOurs, onSuccess: (entry) => entry === undefined })

  /** The place for an issue, with the directory above it made. */
  const placeOf = Effect.fnUntraced(function* (id: BeadsId, repository: Repository) {
    yield* requireName(repository)
    const real = yield* realRoot
    const above = path.join(real, id)
    yield* files.makeDirectory(above, { mode: 0o700 }).pipe(
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
        () => Effect.void
      ),
      Effect.mapError((error) => failure("host", `cannot make ${above}: ${detailOf(error)}`))
    )
    yield* ownDirectory(above)
    return { path: pathOf(id, repository), real: path.join(above, repository.name) }
  })

  /** The place for an issue, with nothing made, also when not even the root is there. */
  const find = Effect.fnUntraced(function* (id: BeadsId, repository: Repository) {
    yield* requireName(repository)
    const real = (yield* isGone(root)) ? root : yield* trustedRoot
    yield* ownDirectory(path.join(real, id))
    return { path: pathOf(id, repository), real: path.join(real, id, repository.name) }
  })

  /** What stands at the place. */
  const occupant = Effect.fnUntraced(function* (place: Place) {
    const stat = yield* ownDirectory(place.real)
    if (stat === undefined) return "nothing"
    const entries = yield* Effect.mapError(files.readDirectory(place.real), (error) => failure("host", detailOf(error)))
    return entries.length === 0 ? "empty" : "directory"
  })

  /** Makes the directory. Of several that try at the same time one succeeds. */
  const occupy = (place: Place) =>
    Effect.mapError(files.makeDirectory(place.real, { mode: 0o700 }), (error) =>
      failure(
        error._tag === "SystemError" && error.reason === "AlreadyExists" ? "issue" : "host",
        `cannot make ${place.real}: ${detailOf(error)}`
      )
    )

  /** Removes directories that are empty, as far as they are. */
  const removeEmpty = (paths: ReadonlyArray<string>) =>
    Effect.forEach(paths, (path) => Effect.ignore(Effect.tryPromise(() => fs.rmdir(path))), { discard: true })

  /** Removes files in it that are there. */
  const removeFiles = (place: Place, names: ReadonlyArray<string>) =>
    Effect.forEach(names, (name) => Effect.ignore(files.remove(path.join(place.real, name))), { discard: true })

  const above = (place: Place) => path.dirname(place.real)

  /** A path somebody else chose, without links, if it is below the root and not the root itself. */
  const below = Effect.fnUntraced(function* (chosen: string) {
    const real = yield* realRoot
    const found = yield* Effect.mapError(files.realPath(chosen), (error) => failure("host", detailOf(error)))
    const inside = path.relative(real, found)
    return inside !== "" && inside !== ".." && !inside.startsWith("../") && !path.isAbsolute(inside)
      ? found
      : yield* failure("config", `${chosen} is not below ${root}`)
  })

  return {
    root,
    checkRoot,
    requireName,
    pathOf,
    placeOf,
    find,
    above,
    isGone,
    occupant,
    occupy,
    removeEmpty,
    removeFiles,
    below
  }
})

export type Places = Effect.Effect.Success<ReturnType<typeof makePlaces>>
