import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import { makeDirectories } from "../../exec/makeDirectories.ts"
import { entryAt, letsOthersReplace, ownDirectoryAt, type NotOurs } from "../../exec/ownFiles.ts"

export const detailOf = (error: PlatformError): string => oneLine(error.description ?? error.message)

export const failure = (blame: "issue" | "host" | "config", detail: string) => new WorkspaceFailed({ detail, blame })

const notOurs = ({ message, reason }: NotOurs) => failure(reason === "unreadable" ? "host" : "issue", oneLine(message))

/** Whether nothing has this path, not even a broken link. */
export const isMissing = (path: string) =>
  Effect.mapBoth(entryAt(path), { onFailure: notOurs, onSuccess: (entry) => entry === undefined })

/** The directory below which all worktrees are, as the operator configured it. The user `uid` must own its entries. */
export const makeWorktreeRoot = Effect.fnUntraced(function* (configured: string, uid: number | undefined) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(configured)

  const unusable = (error: PlatformError) => failure("config", `cannot use ${root}: ${detailOf(error)}`)

  /** The root without links. Fails when another user can replace its entries. */
  const trusted = Effect.gen(function* () {
    const real = yield* Effect.mapError(files.realPath(root), unusable)
    const entry = yield* Effect.mapError(ownDirectoryAt(real, uid, 0), ({ message }) =>
      failure("config", oneLine(message))
    )
    if (entry === undefined || !letsOthersReplace(entry)) return real
    const why = "is world-writable without the sticky bit, so any user can replace worktrees in it"
    return yield* failure("config", `${real} ${why}. Run: chmod o-w ${real}`)
  })

  /** The root without links, created if it is missing. */
  const created = makeDirectories(root).pipe(
    Effect.mapError(unusable),
    Effect.andThen(trusted),
    Effect.provideService(FileSystem.FileSystem, files)
  )

  /** Fails when the root can neither be used nor created. Creates nothing, because a dry run checks too. */
  const check = Effect.gen(function* () {
    let existing = root
    while (!(yield* Effect.mapError(files.exists(existing), unusable))) existing = path.dirname(existing)
    if (existing === root) return yield* Effect.asVoid(trusted)
    const { type } = yield* Effect.mapError(files.stat(existing), unusable)
    if (type !== "Directory") return yield* failure("config", `cannot use ${root}: ${existing} is not a directory`)
    yield* Effect.mapError(files.access(existing, { writable: true }), unusable)
  })

  /** A path that a tool printed, without links. Fails when the path is not below the root. */
  const resolveInside = Effect.fnUntraced(function* (printed: string) {
    const found = yield* Effect.mapError(files.realPath(printed), (error) => failure("host", detailOf(error)))
    const inside = path.relative(yield* created, found)
    return inside !== "" && inside !== ".." && !inside.startsWith("../") && !path.isAbsolute(inside)
      ? found
      : yield* failure("config", `${printed} is not below ${root}`)
  })

  const ownDirectory = (directory: string) => Effect.mapError(ownDirectoryAt(directory, uid), notOurs)

  return { path: root, trusted, created, check, resolveInside, ownDirectory }
})

export type WorktreeRoot = Effect.Effect.Success<ReturnType<typeof makeWorktreeRoot>>
