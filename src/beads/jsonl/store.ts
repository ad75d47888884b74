import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue, MalformedIssue } from "../../domain/Issue.ts"
import { messageOf } from "../../exec/causes.ts"
import { Exec } from "../../exec/Exec.ts"
import { KernelLockFailed, withKernelLock } from "../../exec/kernelLock.ts"
import type { NotOurs } from "../../exec/ownFiles.ts"
import type { SharedFileFailed } from "../../exec/sharedFile.ts"
import type { Decide } from "./changes.ts"
import { claimsIn, isInProgress, type Claims } from "./claims.ts"
import { findEntry, issuesOf, type Asked, type JsonlIssues } from "./issues.ts"
import { makeLastSeen } from "./lastSeen.ts"
import { readLines, type JsonlFile, type Row } from "./lines.ts"
import { privateDirectory } from "./privateDirectory.ts"
import { refuseExport } from "./refuseExport.ts"
import { refuseUnreadable } from "./refuseUnreadable.ts"
import { rewrite } from "./rewrite.ts"
import { issueOf } from "./someIssues.ts"

/** What a list says of the file. It keeps no byte of it. */
export interface JsonlList {
  readonly issues: ReadonlyArray<Issue>
  /** The records as far as they can be read, in each of their versions. */
  readonly malformed: ReadonlyArray<{ readonly rows: ReadonlyArray<Row | undefined>; readonly why: MalformedIssue }>
  /** Of each id with older versions: which line counts. */
  readonly outdated: ReadonlyArray<string>
}

const listOf = ({ entries, malformed, outdated }: JsonlIssues): JsonlList => ({
  issues: Array.from(entries.values(), ({ issue }) => issue),
  malformed: malformed.map(({ versions, why }) => ({ rows: versions.map(({ row }) => row), why })),
  outdated: outdated.map(({ text }) => text)
})

/** The JSONL file. */
export interface JsonlStore {
  /** The issues of which a version is asked for: see `issuesOf`. */
  readonly read: (operation: string, asked: Asked) => Effect.Effect<JsonlList, TrackerFailed>
  /** The claims of the actors with this prefix. */
  readonly claims: (operation: string, actorPrefix: string) => Effect.Effect<Claims, TrackerFailed>
  /** The issue with this id; `undefined` if there is none. Fails if its line cannot be read, or if it is unknown which counts. */
  readonly find: (operation: string, id: BeadsId) => Effect.Effect<Issue | undefined, TrackerFailed>
  /**
   * Decides on the issue as the file has it, and writes its line, under a lock that all fibers of this process and all our
   * processes on this host share. A `TrackerFailed` may come after the change was made: read the issue to find out.
   */
  readonly change: <A, E>(operation: string, id: BeadsId, decide: Decide<A, E>) => Effect.Effect<A, E | TrackerFailed>
}

type Problem = PlatformError | NotOurs | SharedFileFailed | KernelLockFailed

const trackerFailed = (operation: string) => (error: Problem) => {
  if (error._tag === "SystemError" && error.reason === "NotFound") {
    const detail = `${error.pathOrDescriptor ?? "issues.jsonl"} does not exist`
    const next = "Make the tracker with bd init, or an empty file; or name another directory in beads.dir or BEADS_DIR"
    return new TrackerFailed({ operation, reason: "no_database", detail, next, blame: "config" })
  }
  return new TrackerFailed({ operation, reason: "refused", detail: messageOf(error), blame: "host" })
}

/** Reads nothing before the first call. */
export const makeJsonlStore = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const exec = yield* Exec
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const mutex = yield* Effect.makeSemaphore(1)
  const lastSeen = yield* makeLastSeen

  // The lock and the new file must be beside the real file, so a link is resolved here.
  const locate = (operation: string) =>
    Effect.mapError(
      Effect.tap(fs.realPath(file), (real) => refuseExport(real)),
      (error) => (error._tag === "TrackerFailed" ? error : trackerFailed(operation)(error))
    )

  const reading = <A>(
    operation: string,
    read: (file: JsonlFile, path: string) => Effect.Effect<A, TrackerFailed>,
    isKept?: (row: Row) => boolean
  ) =>
    Effect.gen(function* () {
      const real = yield* locate(operation)
      const { index } = yield* Effect.mapError(Effect.scoped(lastSeen.look(real)), trackerFailed(operation))
      const file = readLines(index, isKept)
      yield* refuseUnreadable(operation, real, file)
      return yield* read(file, real)
    }).pipe(Effect.provide(context))

  const store: JsonlStore = {
    read: (operation, asked) =>
      reading(operation, (file, path) => Effect.sync(() => listOf(issuesOf(file, path, asked))), asked.isAsked),
    claims: (operation, actorPrefix) =>
      reading(operation, (file, path) => Effect.sync(() => claimsIn(file, path, actorPrefix)), isInProgress),
    find: (operation, id) =>
      reading(operation, (file, path) =>
        Effect.map(findEntry(operation, issueOf(file, path, id), id), (entry) => entry?.issue)
      ),
    change: (operation, id, decide) =>
      Effect.gen(function* () {
        const real = yield* locate(operation)
        const place = yield* Effect.mapError(privateDirectory(real), trackerFailed(operation))
        const changed = Effect.zipRight(place.sweep, rewrite(operation, real, id, decide, lastSeen, place.temporary))
        return yield* Effect.catchIf(
          withKernelLock(place.lock)(changed),
          (error) => error instanceof KernelLockFailed,
          (error) => Effect.fail(trackerFailed(operation)(error))
        )
      }).pipe(Effect.provide(context), Effect.provideService(Exec, exec), mutex.withPermits(1))
  }
  return store
})
