import { Duration, Effect, Schedule, type Scope } from "effect"
import { Worker } from "node:worker_threads"

/** So many looks in a row without a beat between them show a blocked event loop. Few: each beat wakes a process that may be idle. */
const LOOKS = 8

/** What the watchdog ends this process for. */
export interface WatchdogOptions {
  /** What it calls this process: `run`. */
  readonly name: string
  /** The process should be done after this time. Without it only a blocked event loop counts. */
  readonly limit?: Duration.DurationInput
  /** How long the event loop may be blocked. Default 2 minutes. */
  readonly blocked?: Duration.DurationInput
}

/**
 * The other thread. It counts looks, not time: while the host sleeps or the process is stopped, it looks as rarely as the event
 * loop beats. `process.kill` of SIGKILL, because a blocked event loop handles no other signal.
 */
const THREAD = `
const { workerData: { beats, every, looks, name, last } } = require("node:worker_threads")
const end = (why) => {
  try {
    require("node:fs").writeSync(2, "nightly-dispatch: the " + name + " " + why +
      ". It is ended with SIGKILL; the next run settles what it has left\\n")
  } catch {}
  process.kill(process.pid, "SIGKILL")
}
let before = -1
let idle = 0
for (let count = 0; ; count++) {
  Atomics.wait(beats, 1, 0, every)
  if (Atomics.load(beats, 1) !== 0) break
  const now = Atomics.load(beats, 0)
  idle = now === before ? idle + 1 : 0
  before = now
  if (idle >= looks) end("has been blocked for " + Math.round(looks * every / 1000) + " s")
  if (count >= last) end("is far beyond its time")
}
`

/**
 * Until the scope closes, another thread looks after this process, and ends it with SIGKILL if its event loop is blocked, or if
 * it is beyond its limit. For a program of ours only: it would end any other program that it is part of.
 *
 * @example
 * yield* watchdog({ name: "run", limit: "1 hour" })
 */
export const watchdog = Effect.fn("watchdog")(function* ({
  blocked = Duration.minutes(2),
  limit = Duration.infinity,
  name
}: WatchdogOptions): Effect.fn.Return<void, never, Scope.Scope> {
  const every = Duration.toMillis(blocked) / LOOKS
  const beats = new Int32Array(new SharedArrayBuffer(8))
  const workerData = { beats, every, looks: LOOKS, name, last: Math.ceil(Duration.toMillis(limit) / every) }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const worker = new Worker(THREAD, {
        eval: true,
        workerData,
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: 8 }
      })
      worker.unref()
    }),
    () =>
      Effect.sync(() => {
        Atomics.store(beats, 1, 1)
        Atomics.notify(beats, 1)
      })
  )
  const beat = Effect.sync(() => Atomics.add(beats, 0, 1))
  yield* Effect.forkScoped(Effect.repeat(beat, Schedule.spaced(Duration.millis(every / 2))))
})
