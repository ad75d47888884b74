import { Clock, Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import { isLive } from "../../src/domain/Job.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { Exec } from "../../src/exec/Exec.ts"
import { FakeExec, FakeJournalState, FakeRunnerState } from "../../src/testing/index.ts"
import { watch, type WatchOptions } from "../../src/watch/watch.ts"
import { fakes, options, withLog, type World } from "../dispatch/support.ts"

/** The processes of the fake runner's jobs: those of a live job work in its worktree. */
const processes = Layer.effect(
  Exec,
  Effect.zipWith(Exec, FakeRunnerState, (exec, { jobs }) => ({
    ...exec,
    jobProcesses: ({ worktree }) =>
      Effect.map(jobs, (all) => ({
        roots: [],
        working: all.filter((job) => isLive(job) && job.worktree === worktree).map(({ beads }) => beads),
        doubtful: [],
        elsewhere: []
      }))
  }))
)

export const worldOf = (world: World) =>
  processes.pipe(Layer.provide(FakeExec.layer()), Layer.provideMerge(fakes(world)))

/** A watcher as a fiber, with its log. */
export const watching = (changes: Partial<WatchOptions> = {}) =>
  Effect.map(
    Effect.fork(withLog(watch({ ...options, run: RunId.make("20261122T040000Z-4f2a92"), ...changes }))),
    (fiber) => ({
      /** The watcher's report and log. Dies if it still lives. */
      ended: Effect.map(fiber.poll, Option.isSome),
      join: Fiber.join(fiber),
      kill: Fiber.interrupt(fiber)
    })
  )

/** The end of the first attempt; `undefined` while it is open. */
export const firstEnd = Effect.map(
  Effect.flatMap(FakeJournalState, ({ attempts }) => attempts),
  ([attempt]) => (attempt?.phase === "settled" ? attempt.end : undefined)
)

interface SleepingHost {
  /** The wall clock jumps ahead, in milliseconds, while timers stand still: the host was asleep. */
  readonly jump: (millis: number) => Effect.Effect<void>
  /** The host is awake for this time. */
  readonly pass: (seconds: number) => Effect.Effect<void>
}

/** Runs a test on a host that can be asleep. */
export const withSleepingHost = <A, E, R>(test: (host: SleepingHost) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const slept = yield* Ref.make(0)
    const timers = yield* Effect.clock
    const wall: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => timers.unsafeCurrentTimeMillis(),
      unsafeCurrentTimeNanos: () => timers.unsafeCurrentTimeNanos(),
      sleep: (duration) => timers.sleep(duration),
      currentTimeNanos: timers.currentTimeNanos,
      currentTimeMillis: Effect.zipWith(timers.currentTimeMillis, Ref.get(slept), (now, ahead) => now + ahead)
    }
    const jump = (millis: number) => Ref.update(slept, (all) => all + millis)
    const pass = (seconds: number) => Effect.withClock(TestClock.adjust(seconds * 1000), timers)
    return yield* Effect.withClock(test({ jump, pass }), wall)
  })
