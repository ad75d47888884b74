import { Clock, Duration, Effect, Either, type Context } from "effect"
import { AckTimedOut, RunnerFailed, type PreflightFailed } from "../../domain/Failure.ts"
import { Ack } from "../../domain/Ack.ts"
import { isLive } from "../../domain/Job.ts"
import { startTimeout } from "../../domain/Settings.ts"
import type { Exec, ExecResult } from "../../exec/Exec.ts"
import type { DxRunner, JobRequest } from "../DxRunner.ts"
import { notRun, refused, type DxRunnerOptions, type RunnerCommand } from "./command.ts"
import { isEarlier, lookFor } from "./finding.ts"
import { alreadyRunning, startedLines } from "./lines.ts"
import { failureReason } from "./output.ts"
import { processBehind } from "./process.ts"
import { reactionTo } from "./reactions.ts"

type StartError = PreflightFailed | RunnerFailed | AckTimedOut

/** `DxRunner.start` on the command line. */
export const starter = (
  runner: RunnerCommand,
  exec: Context.Tag.Service<Exec>,
  options: DxRunnerOptions,
  startArguments: (request: JobRequest) => Effect.Effect<ReadonlyArray<string>, RunnerFailed>
): Context.Tag.Service<DxRunner>["start"] => {
  const limit = startTimeout(options.timeouts)

  const pidOf = (request: JobRequest, stdout: string) =>
    Effect.map(
      Effect.orElseSucceed(runner.row(request.beads), () => undefined),
      (row) => row?.job.pid ?? startedLine(request, stdout)?.pid
    )

  /**
   * Asks for a job whose start was not acknowledged. `absent` is the failure when there certainly is none; when the
   * runner has said no by its exit code, a runner that cannot be asked any more is taken at its word.
   */
  const findOut = Effect.fn("dx-runner.findOut")(function* (
    request: JobRequest,
    stdout: string,
    begun: number,
    waited: Duration.Duration,
    absent: StartError,
    saidNo = false
  ): Effect.fn.Return<Ack, StartError> {
    const finding = yield* lookFor(runner, request, begun)
    const { beads } = request
    const provider = request.provider.name
    const said = startedLine(request, stdout)
    if (finding._tag === "Found") {
      const pid = yield* pidOf(request, stdout)
      return Ack.make({ beads, provider, pid, log: said?.log, runInstance: finding.job.runInstance, how: "late" })
    }
    const gone = finding._tag === "Absent" || (finding._tag === "Unanswered" && saidNo)
    if (gone && said === undefined) return yield* absent
    return yield* new AckTimedOut({
      provider,
      waitedMs: Duration.toMillis(waited),
      job: "uncertain",
      detail: "detail" in finding ? finding.detail : "it said started, and dx-runner knows no such job"
    })
  })

  const acknowledged = Effect.fn("dx-runner.acknowledged")(function* (
    request: JobRequest,
    begun: number,
    output: ExecResult
  ) {
    const { beads } = request
    const provider = request.provider.name
    const said = startedLine(request, output.stdout)
    if (said === undefined) {
      const detail = `exit code 0 and no acknowledgement: ${failureReason(output)}`
      const absent = new RunnerFailed({ operation: "start", provider, detail, exitCode: 0, blame: "runner" })
      return yield* findOut(request, output.stdout, begun, output.duration, absent)
    }
    const job = yield* runner.report(beads).pipe(
      Effect.tapError((error) => Effect.logWarning(`run instance of ${beads} not read back: ${error.message}`)),
      Effect.orElseSucceed(() => undefined)
    )
    const fresh = job?.provider === provider && !isEarlier(request, begun, job)
    return Ack.make({
      beads,
      provider,
      pid: said.pid,
      log: said.log,
      runInstance: fresh ? job.runInstance : undefined,
      how: "started"
    })
  })

  /** The runner refused because the job runs. Its word is checked, because it believes its pid file blindly. */
  const adopt = Effect.fn("dx-runner.adopt")(function* (request: JobRequest, output: ExecResult) {
    const { beads } = request
    const provider = request.provider.name
    const failed = (detail: string) =>
      new RunnerFailed({ operation: "start", provider, detail, exitCode: output.exitCode, blame: "runner" })
    const said = alreadyRunning(`${output.stderr}\n${output.stdout}`)
    if (said?.beads !== beads) return yield* failed(`${failureReason(output)}, which is not ${beads}`)
    const told = yield* Effect.either(runner.report(beads))
    const job = Either.isRight(told) && told.right?.provider === provider ? told.right : undefined
    if (job !== undefined && !isLive(job)) {
      return yield* failed(`${failureReason(output)}, and the next moment it is ${job.phase}`)
    }
    const found = yield* Effect.orElseSucceed(runner.row(beads), () => undefined)
    const row = found?.job.provider === provider ? found : undefined
    const behind = row === undefined ? "Unknown" : (yield* processBehind(exec, row))._tag
    if (behind === "Stranger") {
      return yield* failed(`${failureReason(output)}, but that process is not the job's: the pid file is stale`)
    }
    const pid = said.pid ?? row?.job.pid
    const alive = pid === undefined ? job !== undefined : (yield* exec.identify(pid)) !== undefined
    if (behind === "Nobody" || !alive) {
      return yield* failed(`${failureReason(output)}, and the next moment there is no such process`)
    }
    return Ack.make({ beads, provider, pid, runInstance: job?.runInstance, how: "adopted" })
  })

  return Effect.fn("DxRunner.start")(function* (request: JobRequest): Effect.fn.Return<Ack, StartError> {
    const provider = request.provider.name
    const args = yield* startArguments(request)
    const begun = yield* Clock.currentTimeMillis
    const [waited, ended] = yield* Effect.timed(Effect.either(runner.run(args, limit)))
    if (Either.isLeft(ended)) {
      const error = ended.left
      if (error._tag === "ExecNotStarted") return yield* notRun("start", error)
      const absent =
        error._tag === "ExecTimedOut"
          ? new AckTimedOut({ provider, waitedMs: error.timeoutMs, job: "absent" })
          : notRun("start", error)
      return yield* findOut(request, error._tag === "ExecTimedOut" ? error.stdout : "", begun, waited, absent)
    }
    const output = ended.right
    const switched = /^provider switch detected.*$/m.exec(output.stderr)
    if (switched !== null) yield* Effect.logWarning(`dx-runner: ${switched[0]}`)
    if (output.exitCode === 0) return yield* acknowledged(request, begun, output)
    const reaction = reactionTo("start", output)
    if (reaction.adopt === true) return yield* adopt(request, output)
    const failure = refused("start", provider, output, reaction)
    return reaction.mayHaveLaunched === true
      ? yield* findOut(request, output.stdout, begun, waited, failure, true)
      : yield* failure
  })
}

const startedLine = (request: JobRequest, stdout: string) =>
  startedLines(stdout).find((line) => line.beads === request.beads && line.provider === request.provider.name)
