import { Duration, Effect, Schedule, Schema, type Scope } from "effect"
import { closeSync, fchmodSync, openSync } from "node:fs"
import { codeOf, messageOf } from "./causes.ts"
import type { Exec } from "./Exec.ts"
import { inodeAt } from "./inode.ts"
import { LockHolder, nameOf, readHolder, removeHolder, writeHolder, type LockPurpose } from "./lockHolder.ts"
import { NotOurs, ownFileAt } from "./ownFiles.ts"

/** The lock was not taken. */
export class KernelLockFailed extends Schema.TaggedError<KernelLockFailed>()("KernelLockFailed", {
  path: Schema.String,
  /** `held`: another handle holds it, of this process or another. `unusable`: no process can take it; `detail` says why. */
  reason: Schema.Literal("held", "unusable"),
  /** Who holds it, as far as the holder wrote it. */
  holder: Schema.optional(LockHolder),
  detail: Schema.String
}) {
  override get message(): string {
    return `lock ${this.path}: ${this.detail}`
  }
}

/** A lock that this process holds. */
export interface HeldLock {
  /** The inode of the lock file. */
  readonly inode: string
}

class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {}

/** What to do about a file that is no lock. */
const adviceFor = (path: string, cause: unknown): string => {
  if (codeOf(cause) !== "SQLITE_NOTADB") return messageOf(cause)
  return `${messageOf(cause)}: something else wrote it. When no nightly-dispatch runs, remove it: rm ${path}`
}

const unusable = (path: string) => (cause: unknown) =>
  new KernelLockFailed({
    path,
    reason: "unusable",
    detail: cause instanceof NotOurs ? cause.detail : adviceFor(path, cause)
  })

/** Creates the file and opens it; `undefined` if it is already there. */
const openNew = (path: string): number | undefined => {
  try {
    return openSync(path, "wx", 0o600)
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return undefined
    throw cause
  }
}

/**
 * Creates the file, mode 0600 under any umask. In one step of the event loop: a process loses its locks on a file when it
 * closes any descriptor of the file, so no other fiber may take the lock before this descriptor is closed.
 */
const create = (path: string): Effect.Effect<void, KernelLockFailed> =>
  Effect.try({
    try: () => {
      const descriptor = openNew(path)
      if (descriptor === undefined) return
      try {
        fchmodSync(descriptor, 0o600)
      } finally {
        closeSync(descriptor)
      }
    },
    catch: unusable(path)
  })

/** One try: the inode of the locked file and the function that frees it. Fails with `Busy` if the lock is held. */
const take = Effect.fn("kernelLock.take")(function* (path: string) {
  // Imported late: the driver takes longer to load than most commands run, and most need no lock.
  const { tryLock } = yield* Effect.promise(() => import("./sqliteLock.ts"))
  yield* create(path)
  yield* Effect.mapError(ownFileAt(path), unusable(path))
  const inode = yield* Effect.mapError(inodeAt(path), unusable(path))
  const free = yield* Effect.try({ try: () => tryLock(path), catch: unusable(path) })
  if (free === "held") return yield* new Busy()
  // Another file may have come to the path before the lock was taken. Then this lock excludes no other process.
  const locked = yield* inodeAt(path).pipe(
    Effect.mapError(unusable(path)),
    Effect.onError(() => Effect.sync(free))
  )
  if (inode !== undefined && locked === inode) return { inode, free }
  free()
  return yield* new Busy()
})

const POLL = Duration.millis(25)

/**
 * Takes a lock of the kernel until the scope closes: a write transaction on an SQLite file of its own. It excludes every other
 * taker on this host, in this process, in others and in other pid namespaces, and on a network file system as far as that
 * has locks. The end of the process frees it, however it ends, so there is nothing to take over. Waits at most `wait` (default
 * 10 seconds; 0: not at all), then fails with `held`. The file is created with mode 0600 and is never removed; a link or
 * another user's file fails with `unusable`. Beside it the holder writes who it is (`<path>.holder`) for others to read.
 *
 * Nothing else in the program may open the lock file: to close it would free the lock.
 *
 * @example
 * yield* kernelLock("/state/lock.db", 0, { run: "20261122T030000Z-4f2a91", until: deadline })
 */
export const kernelLock = Effect.fn("kernelLock")(function* (
  path: string,
  wait: Duration.DurationInput = "10 seconds",
  purpose: LockPurpose = {}
): Effect.fn.Return<HeldLock, KernelLockFailed, Exec | Scope.Scope> {
  const waits = Duration.toMillis(wait) > 0
  const held = Effect.flatMap(readHolder(path), (holder) => {
    const detail = `held by ${nameOf(holder)}`
    return new KernelLockFailed({ path, reason: "held", holder, detail })
  })
  // Only the pause between two tries is interruptible: an interruption after the lock was taken would keep it for ever.
  return yield* Effect.uninterruptibleMask((restore) =>
    take(path).pipe(
      Effect.tapErrorTag("Busy", () => (waits ? restore(Effect.sleep(POLL)) : Effect.void)),
      Effect.retry({ while: (error) => waits && error._tag === "Busy", schedule: Schedule.recurUpTo(wait) }),
      Effect.catchTag("Busy", () => held),
      Effect.tap(({ free }) => Effect.addFinalizer(() => Effect.zipRight(removeHolder(path), Effect.sync(free)))),
      Effect.tap(() => Effect.mapError(writeHolder(path, purpose), unusable(path))),
      Effect.map(({ inode }) => ({ inode }))
    )
  )
})

/**
 * Runs an effect while this process holds a lock; see `kernelLock`.
 *
 * @example
 * withKernelLock("/state/open.db")(migrate)
 */
export const withKernelLock =
  (path: string, wait?: Duration.DurationInput) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | KernelLockFailed, R | Exec> =>
    Effect.using(kernelLock(path, wait), () => effect)
