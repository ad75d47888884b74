import { Effect } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { RunnerFailed } from "../../domain/Failure.ts"
import { isLive } from "../../domain/Job.ts"
import type { JobRequest } from "../DxRunner.ts"
import type { RunnerCommand } from "./command.ts"
import { alreadyRunning, failureReason, type RunnerOutput } from "./output.ts"
import { processBehind } from "./processes.ts"

const mayRun = ({ exec }: RunnerCommand, pid: number) =>
  exec.identify(pid).pipe(
    Effect.map((process) => process !== undefined),
    Effect.orElseSucceed(() => true)
  )

/**
 * The acknowledgement of a job that ran before: dx-runner refused the start for that reason, in `output`. Fails with
 * `RunnerFailed` when that job is another bug's, has ended, or has no process of its own.
 */
export const ackOfRunningJob = Effect.fn("dx-runner.ackOfRunningJob")(function* (
  runner: RunnerCommand,
  request: JobRequest,
  output: RunnerOutput
) {
  const { beads } = request
  const provider = request.provider.name
  const failed = (what: string) => {
    const detail = failureReason(output) + what
    return new RunnerFailed({ operation: "start", provider, detail, exitCode: output.exitCode, blame: "runner" })
  }
  const named = alreadyRunning(`${output.stderr}\n${output.stdout}`)
  if (named?.beads !== beads) return yield* failed(`, which is not ${beads}`)
  const report = yield* Effect.orElseSucceed(runner.report(beads), () => undefined)
  const job = report?.provider === provider ? report : undefined
  if (job !== undefined && !isLive(job)) return yield* failed(`, but its report says ${job.phase}`)
  const listed = yield* Effect.orElseSucceed(runner.row(beads), () => undefined)
  const row = listed?.job.provider === provider ? listed : undefined
  const behind = row === undefined ? "Unknown" : (yield* processBehind(runner.exec, row))._tag
  if (behind === "Stranger") return yield* failed(", but that process is not the job's: the pid file is stale")
  const pid = named.pid ?? row?.job.pid
  // A process that cannot be looked up may be the job's.
  const alive = pid === undefined ? job !== undefined : yield* mayRun(runner, pid)
  if (behind === "Ended" || !alive) return yield* failed(", but there is no such process any more")
  return Ack.make({ beads, provider, pid, runInstance: job?.runInstance, how: "adopted" })
})
