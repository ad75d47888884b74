import { Clock, Duration, Effect } from "effect"
import { ackOfFoundJob, type Ack } from "../domain/Ack.ts"
import { AckTimedOut, PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import { isLive, type Job } from "../domain/Job.ts"
import { startTimeout } from "../domain/longestTimes.ts"
import type { DxRunner, JobRequest } from "../runner/DxRunner.ts"
import { noAnswer, type TimeLimits } from "./timeLimits.ts"

/** The answer of a start whose time is over. `job`: the bug's latest job. */
const lateStart = (
  job: Job | undefined,
  { previousRun, provider }: JobRequest,
  begun: number,
  waitedMs: number
): Effect.Effect<Ack, AckTimedOut> => {
  const timedOut = (found: AckTimedOut["job"], detail?: string) =>
    Effect.fail(new AckTimedOut({ provider: provider.name, waitedMs, job: found, detail }))
  if (job === undefined) return timedOut("absent")
  const isEarlier = (job.startedAt ?? 0) < begun || (job.runInstance !== undefined && job.runInstance === previousRun)
  if (isEarlier) {
    return isLive(job)
      ? timedOut("uncertain", `a job of ${job.provider} runs from an earlier start`)
      : timedOut("absent")
  }
  return job.provider === provider.name && job.phase !== "gone"
    ? Effect.succeed(ackOfFoundJob(job, "late"))
    : timedOut("uncertain", `the runner reports a job of ${job.provider}, ${job.phase}`)
}

/**
 * The limits of the fake runner. `timeouts.preflight` and `timeouts.ack` together are those of a start, which then asks for the job;
 * every other question has the time of one call of the tracker, as with dx-runner.
 */
export const runnerLimits = (jobs: Effect.Effect<ReadonlyArray<Job>>): TimeLimits<DxRunner["Type"]> => {
  const query = (operation: string) => ({
    time: ({ beads }: { readonly beads: Duration.DurationInput }) => beads,
    late: (limit: Duration.Duration) =>
      Effect.fail(new RunnerFailed({ operation, detail: noAnswer(limit), blame: "runner" }))
  })
  return {
    version: query("version"),
    preflight: {
      time: ({ preflight }) => preflight,
      late: (limit, [{ name: provider }]) =>
        Effect.fail(
          new PreflightFailed({
            provider,
            detail: `Preflight check timed out: ${noAnswer(limit)}`,
            lines: [],
            blame: "provider"
          })
        )
    },
    start: {
      time: startTimeout,
      late: (limit, [request]) =>
        Effect.gen(function* () {
          const waited = Duration.toMillis(limit)
          const begun = (yield* Clock.currentTimeMillis) - waited
          const job = (yield* jobs).find(({ beads }) => beads === request.beads)
          return yield* lateStart(job, request, begun, waited)
        })
    },
    job: query("job"),
    running: query("running"),
    capacity: query("capacity"),
    stop: query("stop"),
    endLeftovers: query("endLeftovers"),
    abandon: query("abandon"),
    oldLogs: query("oldLogs"),
    removeLog: query("removeLog")
  }
}
