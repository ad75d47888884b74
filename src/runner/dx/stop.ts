import { Effect, Option } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import type { JobTraits } from "../../exec/Exec.ts"
import type { JobTrace } from "../DxRunner.ts"
import { leftBehind, stopDone, unreadable } from "../jobTrace.ts"
import type { RunnerCommand } from "./command.ts"
import type { StatusRow } from "./jobs.ts"
import { jobOfBug, processBehind } from "./processes.ts"

/** The process that dx-runner lists for the job, as far as it is known to be the job's. */
const launcherOf = Effect.fn("dx-runner.launcherOf")(function* (runner: RunnerCommand, row: StatusRow | undefined) {
  return row === undefined ? ({ _tag: "Ended" } as const) : yield* processBehind(runner.exec, row)
})

const leftAlone = Effect.fn("dx-runner.leftAlone")(function* (id: BeadsId, row: StatusRow | undefined) {
  const detail = `process ${row?.job.pid} may be another program's, so it is left alone`
  yield* Effect.logWarning(`${id}: ${detail}; if it is the agent, end it: kill ${row?.job.pid}`)
  return false
})

/** Ends the job and everything it started. Returns whether all of it has ended. */
export const stopJob = Effect.fn("DxRunner.stop")(function* (runner: RunnerCommand, id: BeadsId, trace?: JobTrace) {
  const row = yield* runner.row(id)
  const behind = yield* launcherOf(runner, row)
  // Without a trace nothing else can be known to be the job's.
  if (trace === undefined && behind._tag !== "Own") {
    return behind._tag === "Ended" ? true : yield* leftAlone(id, row)
  }
  const traits: JobTraits = {
    attempt: trace?.attempt,
    starter: trace?.starter,
    launcher: behind._tag === "Own" ? behind.process : undefined,
    worktree: trace?.worktree ?? row?.job.worktree
  }
  // `dx-runner stop` ends the launcher and leaves the agent, so end the processes first.
  const left = yield* Effect.mapError(runner.exec.endJob(traits, "all"), unreadable(`stop ${id}`))
  // dx-runner may not have recorded the outcome of a job that has ended yet, and `stop` would overwrite it.
  if (behind._tag === "Own") {
    yield* Effect.catchAll(
      runner.ask(["stop", "--beads", id], ({ exitCode }) => exitCode === 1),
      (error) =>
        Effect.logWarning(`${id}: dx-runner stop failed, so dx-runner may still list the job: ${error.message}`)
    )
  }
  const done = yield* stopDone(id, left)
  return behind._tag === "Unknown" ? yield* leftAlone(id, row) : done
})

/** Ends what a job that has ended left behind, and returns the rest in words. */
export const endLeftovers = Effect.fn("DxRunner.endLeftovers")(function* (
  runner: RunnerCommand,
  id: BeadsId,
  trace: JobTrace
) {
  const job = yield* jobOfBug(runner, id, trace)
  if (job !== undefined && isLive(job)) {
    const detail = `its job is ${job.phase}, so nothing of it is ended`
    return yield* new RunnerFailed({ operation: `leftovers ${id}`, detail, blame: "runner" })
  }
  // A job that has ended may still have a row, whose process is ending.
  const row = Option.getOrUndefined(yield* Effect.option(runner.row(id)))
  const { attempt, starter, worktree = job?.worktree ?? row?.job.worktree } = trace
  const left = yield* runner.exec
    .endJob({ attempt, starter, worktree }, "leftovers")
    .pipe(Effect.mapError(unreadable(`leftovers ${id}`)))
  return leftBehind(left)
})
