import { Effect } from "effect"
import { emit } from "../domain/Events.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { isLive, type Job } from "../domain/Job.ts"
import type { Dispatched } from "../domain/Outcome.ts"
import { Exec } from "../exec/Exec.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import { because, DemoFailed } from "./failures.ts"

const LOOK_EVERY = "100 millis"

/** The job of a bug, once it has ended. Fails if it does not end in time. */
const endOf = (id: BeadsId): Effect.Effect<Job, DemoFailed, DxRunner> =>
  Effect.gen(function* () {
    const runner = yield* DxRunner
    const job = yield* runner.job(id).pipe(Effect.mapError(because(id)))
    return job ?? (yield* new DemoFailed({ detail: `the runner has no job for ${id}` }))
  }).pipe(
    Effect.delay(LOOK_EVERY),
    Effect.repeat({ until: (job) => !isLive(job) }),
    Effect.timeoutFail({
      duration: "15 seconds",
      onTimeout: () => new DemoFailed({ detail: `${id}: the agent has not ended after 15 s` })
    })
  )

/** Whether no process has this pid. A process may live on for a moment after its job's end is on record. */
const isGone = (pid: number): Effect.Effect<boolean, never, Exec> =>
  Effect.flatMap(Exec, (exec) => exec.identify(pid)).pipe(
    Effect.map((process) => process === undefined),
    Effect.orElseSucceed(() => false),
    Effect.tap((gone) => (gone ? Effect.void : Effect.sleep(LOOK_EVERY))),
    Effect.repeat({ times: 20, until: (gone) => gone })
  )

/** Waits for the agent of a dispatched bug: its job, whether its process has ended, and the milliseconds that it worked. */
export const awaitJob = Effect.fn("demo.awaitJob")(function* ({ beads, pid, provider }: Dispatched) {
  yield* emit({ _tag: "StepBegun", beads, step: "agent", detail: provider })
  const job = yield* endOf(beads)
  const gone = pid === undefined || (yield* isGone(pid))
  yield* emit({ _tag: "StepBegun", beads, step: "done" })
  return { job, gone, took: Math.max(0, (job.endedAt ?? 0) - (job.startedAt ?? 0)) }
})

/** Stops every agent that still runs, so that an interrupted demo leaves none. */
export const stopJobs: Effect.Effect<void, never, DxRunner> = Effect.gen(function* () {
  const runner = yield* DxRunner
  yield* Effect.forEach(yield* runner.running, (job) => runner.stop(job.beads), { discard: true })
}).pipe(
  Effect.catchAll((error) => Effect.logWarning(`demo: cannot stop its agents, they may still run: ${error.message}`))
)
