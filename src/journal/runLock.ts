import { Clock, DateTime, Duration, Effect, Option, Ref, type Scope } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import { Exec } from "../exec/Exec.ts"
import { kernelLock } from "../exec/kernelLock.ts"
import { nameOf, readHolder, type LockHolder } from "../exec/lockHolder.ts"
import { processState, type ProcessState } from "../exec/processState.ts"
import { journalFailures } from "./failures.ts"
import { isOverdue, type Journal, type Locking } from "./Journal.ts"
import { requireInPlace } from "./inPlace.ts"

const words: Readonly<Record<ProcessState, (pid: number) => string>> = {
  stopped: (pid) =>
    `is stopped by a signal, as after Ctrl-Z. Let it go on: kill -CONT ${pid}. Or end it: kill -9 ${pid}`,
  disk: (pid) => `waits for the disk. Check the disk, and end it: kill -9 ${pid}`,
  running: (pid) => `is running. End it: kill -9 ${pid}`,
  unseen: (pid) =>
    `cannot be seen from here: it is in another container or on another host. End it there: kill -9 ${pid}`
}

/** What the operator must know about a run that holds the lock for too long. */
export const hungDetail = ({ process: { pid }, run, since }: LockHolder, state: ProcessState): string => {
  const who = `process ${pid}${run === undefined ? "" : ` (run ${run})`}`
  const begin = DateTime.formatIso(DateTime.unsafeMake(since))
  return `${who} holds the lock since ${begin}, far beyond its timeouts.run, so no run starts until it ends. It ${words[state](pid)}`
}

/** What two reads of a holder must have in common. A new holder may not have written its file yet. */
const SETTLE = Duration.millis(500)

/** The failure of a holder that is overdue; else its name. */
const judge = Effect.fn("runLock.judge")(function* (file: string, holder: LockHolder | undefined) {
  const now = yield* Clock.currentTimeMillis
  if (holder === undefined || !isOverdue(holder.until, now)) return nameOf(holder)
  const state = yield* processState(holder.process)
  // The file of an ended holder may be read before the next holder writes its own.
  if (state === "unseen") {
    yield* Effect.sleep(SETTLE)
    const again = yield* readHolder(file)
    if (again === undefined || !isOverdue(again.until, now)) return nameOf(again)
  }
  return yield* journalFailures(file).hung(hungDetail(holder, state))
})

/** The run lock, and the check that its file is still the one that was locked. */
export interface RunLock {
  readonly lock: Journal["Type"]["lock"]
  /** Fails with `unusable` if the file was replaced or removed while this process holds the lock. */
  readonly inPlace: Effect.Effect<void, JournalFailed>
}

/** `Journal.lock` on the kernel lock at this path. */
export const makeRunLock = Effect.fnUntraced(function* (file: string): Effect.fn.Return<RunLock, never, Exec> {
  const exec = yield* Exec
  const locked = yield* Ref.make(Option.none<string>())
  const lock = Effect.fn("Journal.lock")(function* (
    locking: Locking
  ): Effect.fn.Return<Option.Option<string>, JournalFailed, Scope.Scope | Exec> {
    const taken = yield* Effect.either(kernelLock(file, 0, locking))
    if (taken._tag === "Left") {
      if (taken.left.reason === "unusable") return yield* journalFailures(file).of(taken.left)
      return Option.some(yield* judge(file, taken.left.holder))
    }
    yield* Effect.acquireRelease(Ref.set(locked, Option.some(taken.right.inode)), () => Ref.set(locked, Option.none()))
    return Option.none()
  })
  return {
    lock: (locking) => Effect.provideService(lock(locking), Exec, exec),
    inPlace: Effect.flatMap(
      Ref.get(locked),
      Option.match({ onNone: () => Effect.void, onSome: (inode) => requireInPlace(file, inode) })
    )
  }
})
