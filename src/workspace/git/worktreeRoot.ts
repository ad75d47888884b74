import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import { reasonOf } from "../../exec/causes.ts"
import { makeDirectories, whileRemoved } from "../../exec/makeDirectories.ts"
import { entryAt, letsOthersReplace, ownDirectoryAt, type NotOurs } from "../../exec/ownFiles.ts"
import { failureSaid } from "./failure.ts"

export const detailOf = (error: PlatformError): string => oneLine(reasonOf(error))

const ELSEWHERE = "Set workspace.root to a directory of your own"

/** The root or the tool cannot be used for any bug. */
export const unusable = (detail: string, next?: string) =>
  new WorkspaceFailed({ detail, next, kind: "unusable", blame: "config" })

/** Something that this program did not make stands in the bug's way. It is left alone. */
export const obstructed = (detail: string, next = "Look at it. If you do not need it, move it away") =>
  new WorkspaceFailed({ detail, next, kind: "not_ours", blame: "issue" })

/** The failure of a file operation. */
export const fromFiles = (error: PlatformError, what?: string) =>
  failureSaid(what === undefined ? detailOf(error) : `${what}: ${detailOf(error)}`, error.message)

const notOurs = ({ message, reason }: NotOurs) =>
  reason === "unreadable" ? failureSaid(oneLine(message)) : obstructed(oneLine(message))

/** Whether nothing has this path, not even a broken link. */
export const isMissing = (path: string) =>
  Effect.mapBoth(entryAt(path), { onFailure: notOurs, onSuccess: (entry) => entry === undefined })

/** The directory below which all worktrees are, as the operator configured it. The user `uid` must own its entries. */
export const makeWorktreeRoot = Effect.fnUntraced(function* (configured: string, uid: number | undefined) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(configured)

  const unusableRoot = (error: PlatformError) => unusable(`cannot use ${root}: ${detailOf(error)}`, ELSEWHERE)

  /** Fails when another user can replace the entries of the root, whose path without links this is. */
  const trust = Effect.fnUntraced(function* (real: string) {
    const entry = yield* Effect.mapError(ownDirectoryAt(real, uid, 0), ({ message }) => unusable(oneLine(message)))
    if (entry === undefined || !letsOthersReplace(entry)) return real
    const why = "is world-writable without the sticky bit, so any user can replace worktrees in it"
    return yield* unusable(`${real} ${why}`, `Run: chmod o-w ${real}`)
  })

  const real = files.realPath(root)

  /** Nothing has this path, not even a broken link. */
  const isAbsent = Effect.orElseSucceed(
    Effect.map(entryAt(root), (entry) => entry === undefined),
    () => false
  )

  /** The root without links; `undefined` if it is missing. One answer, because a trial of another process may remove it meanwhile. */
  const present = real.pipe(
    Effect.catchAll((error) => Effect.if(isAbsent, { onTrue: () => Effect.void, onFalse: () => Effect.fail(error) })),
    whileRemoved,
    Effect.mapError(unusableRoot),
    Effect.flatMap((found) => (found === undefined ? Effect.void : trust(found)))
  )

  /** The root without links, created if it is missing. */
  const created = whileRemoved(Effect.zipRight(makeDirectories(root), real)).pipe(
    Effect.mapError(unusableRoot),
    Effect.flatMap(trust),
    Effect.provideService(FileSystem.FileSystem, files)
  )

  /** The root and those of its parents that do not exist, the root first. */
  const missing = Effect.gen(function* () {
    const absent: Array<string> = []
    for (let next = root; yield* isMissing(next); next = path.dirname(next)) absent.push(next)
    return absent
  })

  /** The nearest directory above the root that exists must be writable. */
  const checkParent = Effect.gen(function* () {
    let existing = path.dirname(root)
    while (!(yield* files.exists(existing))) existing = path.dirname(existing)
    const { type } = yield* files.stat(existing)
    if (type === "Directory") yield* files.access(existing, { writable: true })
    return { existing, type }
  })

  /** Fails when the root can neither be used nor created. Creates nothing, because a dry run checks too. */
  const check = Effect.gen(function* () {
    if ((yield* present) !== undefined) return
    const { existing, type } = yield* Effect.mapError(whileRemoved(checkParent), unusableRoot)
    if (type === "Directory") return
    return yield* unusable(`cannot use ${root}: ${existing} is not a directory`, ELSEWHERE)
  })

  /** A path that a tool printed, without links. Fails when the path is not below the root. */
  const resolveInside = Effect.fnUntraced(function* (printed: string) {
    const found = yield* Effect.mapError(files.realPath(printed), (error) => fromFiles(error))
    const inside = path.relative(yield* created, found)
    return inside !== "" && inside !== ".." && !inside.startsWith("../") && !path.isAbsolute(inside)
      ? found
      : yield* unusable(`${printed} is not below ${root}`)
  })

  const ownDirectory = (directory: string) => Effect.mapError(ownDirectoryAt(directory, uid), notOurs)

  return { path: root, present, created, missing, check, resolveInside, ownDirectory }
})

export type WorktreeRoot = Effect.Effect.Success<ReturnType<typeof makeWorktreeRoot>>
