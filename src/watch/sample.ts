import { Clock, Duration, Effect, Ref } from "effect"
import { traceOf } from "../dispatch/attempt/trace.ts"
import type { Actor } from "../domain/Actor.ts"
import { isAtWork, type Attempt } from "../domain/Attempt.ts"
import type { Notices } from "../domain/notices.ts"
import { Exec } from "../exec/Exec.ts"
import { isIdle } from "../exec/jobTraits.ts"
import { traitsOfTrace } from "../runner/jobTrace.ts"

const SHORTEST_STEP = Duration.seconds(15)
const LONGEST_STEP = Duration.minutes(1)
/** After a job became idle: its launcher may still be writing the exit code. */
const CONFIRMING_STEP = Duration.seconds(2)
/** A look at all processes may take 0.4 % of the time. */
const SHARE = 250
/** The host may be busy during one look, so the shortest of the last ones counts. */
const REMEMBERED = 5

/** The processes of the running jobs, looked at once in each step. */
export interface Sampling {
  /** The actors of those jobs of which no process works. The look also makes a job's processes known to a later stop. */
  readonly idle: (attempts: ReadonlyArray<Attempt>) => Effect.Effect<ReadonlySet<Actor>, never, Exec>
  /** How long to wait before the next step. */
  readonly pause: Effect.Effect<Duration.Duration>
}

/** The pause after looks that took these times, in nanoseconds. */
export const pauseAfter = (costs: ReadonlyArray<bigint>): Duration.Duration => {
  const least = costs.reduce((least, cost) => (cost < least ? cost : least), costs[0] ?? 0n)
  return Duration.clamp(Duration.times(Duration.nanos(least), SHARE), {
    minimum: SHORTEST_STEP,
    maximum: LONGEST_STEP
  })
}

const isJobIdle = Effect.fn("watch.isJobIdle")(function* (notices: Notices, attempt: Attempt) {
  const exec = yield* Exec
  return yield* exec.jobProcesses(traitsOfTrace(traceOf(attempt))).pipe(
    Effect.map(isIdle),
    Effect.tap(() => notices.clear("processes", "the processes can be read again")),
    Effect.catchAll(({ message }) => {
      const text = `cannot read the processes of jobs, so a job's end is seen up to five minutes late: ${message}`
      return Effect.as(notices.warn("processes", text), false)
    })
  )
})

/** The sampling of one watcher. */
export const makeSampling = Effect.fnUntraced(function* (notices: Notices): Effect.fn.Return<Sampling> {
  const costs = yield* Ref.make<ReadonlyArray<bigint>>([])
  const before = yield* Ref.make<ReadonlySet<Actor>>(new Set())
  const hasNew = yield* Ref.make(false)
  const idle = Effect.fn("watch.sample")(function* (attempts: ReadonlyArray<Attempt>) {
    const begin = yield* Clock.currentTimeNanos
    const running = attempts.filter(isAtWork)
    const found = yield* Effect.filter(running, (attempt) => isJobIdle(notices, attempt))
    const cost = (yield* Clock.currentTimeNanos) - begin
    yield* Ref.update(costs, (all) => [...all, cost].slice(-REMEMBERED))
    const idle = new Set(found.map(({ actor }) => actor))
    const known = yield* Ref.getAndSet(before, idle)
    yield* Ref.set(
      hasNew,
      [...idle].some((actor) => !known.has(actor))
    )
    return idle
  })
  const pause = Effect.flatMap(Ref.get(hasNew), (confirms) =>
    confirms ? Effect.succeed(CONFIRMING_STEP) : Effect.map(Ref.get(costs), pauseAfter)
  )
  return { idle, pause }
})
