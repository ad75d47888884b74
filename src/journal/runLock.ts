import { DateTime, Duration, Effect, Either, Option, Ref, type Scope } from "effect"
import { bootMillis, moment, type Moment } from "../domain/BootClock.ts"
import type { Explanation } from "../domain/Explanation.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { Exec } from "../exec/Exec.ts"
import { kernelLock } from "../exec/kernelLock.ts"
import { nameOf, readHolder, type LockHolder } from "../exec/lockHolder.ts"
import { processState, type ProcessState } from "../exec/processState.ts"
import { journalFailures } from "./failures.ts"
import type { Journal } from "./Journal.ts"
import { isOverdue, JOB_PATIENCE, type Locking } from "./locking.ts"
import { requireInPlace } from "./inPlace.ts"

const STATES: Readonly<Record<ProcessState, { readonly is: string; readonly next: (pid: number) => string }>> = {
  stopped: {
    is: "is stopped by a signal, as after Ctrl-Z",
    next: (pid) => `Let it go on: kill -CONT ${pid}. Or end it: kill -9 ${pid}`
  },
  disk: { is: "waits for the disk", next: (pid) => `Check the disk, and end it: kill -9 ${pid}` },
  running: { is: "is running", next: (pid) => `End it: kill -9 ${pid}` },
  unseen: {
    is: "cannot be seen from here: it is in another container or on another host",
    next: (pid) => `End it there: kill -9 ${pid}`
  }
}

/** What the operator must know about a run that holds the lock for too long. */
const hungHolder = ({ process: { pid }, run, since }: LockHolder, state: ProcessState): Explanation => {
  const who = `process ${pid}${run === undefined ? "" : ` (run ${run})`}`
  const begin = DateTime.formatIso(DateTime.unsafeMake(since))
  const { is, next } = STATES[state]
  return {
    what: `${who} holds the lock since ${begin}, far beyond its time, so no run starts until it ends. It ${is}`,
    next: next(pid)
  }
}

/** What two reads of a holder must have in common. A new holder may not have written its file yet. */
const SETTLE = Duration.millis(500)

const hangs = ({ since: at, sinceBoot: boot, until }: LockHolder, now: Moment) => isOverdue({ at, boot }, until, now)

/** The failure of a holder that is overdue; else its name. */
const judge = Effect.fn("runLock.judge")(function* (file: string, holder: LockHolder | undefined) {
  const now = yield* moment
  if (holder === undefined || !hangs(holder, now)) return nameOf(holder)
  const state = yield* processState(holder.process)
  // The file of an ended holder may be read before the next holder writes its own.
  if (state === "unseen") {
    yield* Effect.sleep(SETTLE)
    const again = yield* readHolder(file)
    if (again === undefined || !hangs(again, now)) return nameOf(again)
  }
  return yield* journalFailures(file).hung(hungHolder(holder, state))
})

/** A holder writes who it is right after it has the lock. */
const UNNAMED_PATIENCE = Duration.seconds(1)

const POLL = Duration.millis(25)

/** Who has settled one job leaves the lock free this long, so that a run that waits gets it before the next job. */
const YIELD_TIME = Duration.times(POLL, 4)

/** How long to wait for a holder that says who it is. */
const patienceFor = ({ work }: LockHolder): Duration.Duration => (work === "job" ? JOB_PATIENCE : Duration.zero)

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
  const freedAt = yield* Ref.make(Number.NEGATIVE_INFINITY)
  const free = Effect.flatMap(bootMillis, (now) => Ref.set(freedAt, now))
  const yieldTo = Effect.zipWith(bootMillis, Ref.get(freedAt), (now, freed) => now - freed).pipe(
    Effect.flatMap((since) => (since < Duration.toMillis(YIELD_TIME) ? Effect.sleep(YIELD_TIME) : Effect.void))
  )
  const lock = Effect.fn("Journal.lock")(function* (
    locking: Locking
  ): Effect.fn.Return<Option.Option<string>, JournalFailed, Scope.Scope | Exec> {
    if (locking.work === "job") yield* yieldTo
    const begin = yield* bootMillis
    // Between two jobs the holder's file is missing for a moment. A caller that has waited long must not give up then.
    let named = begin
    for (;;) {
      const taken = yield* Effect.either(kernelLock(file, 0, locking))
      if (Either.isRight(taken)) {
        const inode = Option.some(taken.right.inode)
        yield* Effect.acquireRelease(Ref.set(locked, inode), () =>
          Effect.zipRight(Ref.set(locked, Option.none()), free)
        )
        return Option.none()
      }
      const { holder, reason } = taken.left
      if (reason === "unusable") return yield* journalFailures(file).of(taken.left)
      const name = yield* judge(file, holder)
      const now = yield* bootMillis
      if (holder !== undefined) named = now
      const [since, patience] = holder === undefined ? [named, UNNAMED_PATIENCE] : [begin, patienceFor(holder)]
      if (now - since >= Duration.toMillis(patience)) return Option.some(name)
      yield* Effect.sleep(POLL)
    }
  })
  return {
    lock: (locking) => Effect.provideService(lock(locking), Exec, exec),
    inPlace: Effect.flatMap(
      Ref.get(locked),
      Option.match({ onNone: () => Effect.void, onSome: (inode) => requireInPlace(file, inode) })
    )
  }
})
