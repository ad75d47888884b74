import { Clock, Duration, Effect, Either } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { AckTimedOut, RunnerFailed, type JournalFailed, type PreflightFailed } from "../../domain/Failure.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import { startTimeout } from "../../domain/longestTimes.ts"
import type { JobRequest } from "../DxRunner.ts"
import { startArguments, type RunnerCommand } from "./command.ts"
import { failureOf, notRun } from "./failure.ts"
import { isEarlier, neverLaunched } from "./jobs.ts"
import { judge } from "./judgement.ts"
import { failureReason, startedLines, type RunnerOutput } from "./output.ts"
import { ackOfRunningJob } from "./adopt.ts"

type StartError = PreflightFailed | RunnerFailed | AckTimedOut

/** One call of `dx-runner start` that has ended. */
interface StartCall extends Pick<JobRequest, "beads" | "previousRun"> {
  readonly provider: ProviderName
  /** Milliseconds since the epoch. */
  readonly begun: number
  readonly waited: Duration.Duration
  /** From its `started` line; `undefined` if it printed none for this bug and provider. */
  readonly started: { readonly pid: number; readonly log?: string | undefined } | undefined
}

/** The answer to the question whether a start has launched a job. */
type Finding =
  | { readonly _tag: "Found"; readonly job: Job }
  | { readonly _tag: "Absent" }
  /** `answered`: whether dx-runner answered at all. */
  | { readonly _tag: "Unclear"; readonly answered: boolean; readonly detail: string }

/** Pauses before each question, in milliseconds. The start has been ended, so the answer soon stays the same. */
const PAUSES = [100, 300, 800]

const findingOf = (call: StartCall, job: Job | undefined): Finding => {
  if (job === undefined || neverLaunched(job)) return { _tag: "Absent" }
  const earlier = isEarlier(job, call)
  if (earlier && !isLive(job)) return { _tag: "Absent" }
  const ours = !earlier && job.provider === call.provider && job.phase !== "gone"
  if (ours && (job.runInstance !== undefined || isLive(job))) return { _tag: "Found", job }
  const detail = `dx-runner reports a job of ${job.provider}, ${job.phase}${earlier ? ", from an earlier start" : ""}`
  return { _tag: "Unclear", answered: true, detail }
}

const unanswered = ({ message: detail }: RunnerFailed) =>
  Effect.succeed<Finding>({ _tag: "Unclear", answered: false, detail })

/** `report` prints nothing both for an unknown job and when it crashes. `status` tells them apart. */
const confirmAbsent = (runner: RunnerCommand, { beads, previousRun }: StartCall): Effect.Effect<Finding> =>
  Effect.map(runner.row(beads), (row): Finding => {
    const { runInstance = previousRun, provider } = row?.job ?? {}
    if (row === undefined || (runInstance === previousRun && !isLive(row.job))) return { _tag: "Absent" }
    const detail = `dx-runner lists a job of ${provider} but has no report of it`
    return { _tag: "Unclear", answered: true, detail }
  }).pipe(Effect.catchAll(unanswered))

/** Asks for the job several times, because dx-runner may be busy. A job is absent only if every answer says so. */
const lookFor = Effect.fn("dx-runner.lookFor")(function* (runner: RunnerCommand, call: StartCall) {
  let finding: Finding = { _tag: "Absent" }
  let silent = true
  for (const pause of PAUSES) {
    yield* Effect.sleep(pause)
    const answer = yield* runner.report(call.beads).pipe(
      Effect.tap((job) => Effect.sync(() => (silent = silent && job === undefined))),
      Effect.map((job) => findingOf(call, job)),
      Effect.catchAll(unanswered)
    )
    if (answer._tag === "Found") return answer
    if (answer._tag === "Unclear" && !("answered" in finding && finding.answered)) finding = answer
  }
  return finding._tag === "Absent" && silent ? yield* confirmAbsent(runner, call) : finding
})

const ackOfCall = ({ beads, provider, started }: StartCall, how: Ack["how"], pid?: number, runInstance?: string): Ack =>
  Ack.make({ beads, provider, pid: pid ?? started?.pid, log: started?.log, runInstance, how })

/**
 * Looks for the job of a start without an acknowledgement. Fails with `absent` if there is no such job. `refused`: the
 * exit code was a refusal, so `absent` also counts if dx-runner does not answer any question about the job.
 */
const findOut = Effect.fn("dx-runner.findOut")(function* (
  runner: RunnerCommand,
  call: StartCall,
  absent: StartError,
  refused = false
): Effect.fn.Return<Ack, StartError> {
  const finding = yield* lookFor(runner, call)
  if (finding._tag === "Found") {
    const row = yield* Effect.orElseSucceed(runner.row(call.beads), () => undefined)
    return ackOfCall(call, "late", row?.job.pid, finding.job.runInstance)
  }
  const gone = finding._tag === "Absent" || (refused && !finding.answered)
  if (gone && call.started === undefined) return yield* absent
  const detail = finding._tag === "Unclear" ? finding.detail : "start printed started, but dx-runner knows no such job"
  const waitedMs = Duration.toMillis(call.waited)
  return yield* new AckTimedOut({ provider: call.provider, waitedMs, job: "uncertain", detail })
})

/** Exit code 0 is an acknowledgement only with a `started` line. The run instance comes from the job's report. */
const acknowledged = Effect.fn("dx-runner.acknowledged")(function* (
  runner: RunnerCommand,
  call: StartCall,
  output: RunnerOutput
) {
  const { beads, provider, started } = call
  const detail = `exit code 0 and no acknowledgement: ${failureReason(output)}`
  const absent = new RunnerFailed({ operation: "start", provider, detail, exitCode: 0, blame: "runner" })
  if (started === undefined) return yield* findOut(runner, call, absent)
  const job = yield* runner.report(beads).pipe(
    Effect.tapError(({ message }) => Effect.logWarning(`${beads}: the run instance of its job is unknown: ${message}`)),
    Effect.orElseSucceed(() => undefined)
  )
  const isNew = job?.provider === provider && !isEarlier(job, call)
  return ackOfCall(call, "started", undefined, isNew ? job.runInstance : undefined)
})

/** `DxRunner.start` on the command line. */
export const startJob = Effect.fn("DxRunner.start")(function* (
  runner: RunnerCommand,
  request: JobRequest
): Effect.fn.Return<Ack, StartError | JournalFailed> {
  const args = yield* startArguments(runner, request)
  const limit = startTimeout(runner.options.timeouts)
  const { beads, previousRun } = request
  const provider = request.provider.name
  const begun = yield* Clock.currentTimeMillis
  const [waited, ended] = yield* Effect.timed(Effect.either(runner.start(args, limit, request)))
  const callWith = (stdout: string): StartCall => {
    const started = startedLines(stdout).find((line) => line.beads === beads && line.provider === provider)
    return { beads, provider, previousRun, begun, waited, started }
  }
  if (Either.isLeft(ended)) {
    const error = ended.left
    if (error._tag === "JournalFailed" || error._tag === "RunnerFailed") return yield* error
    if (error._tag === "ExecNotStarted") return yield* notRun("start", error)
    if (error._tag === "ExecOutputTooLarge") return yield* findOut(runner, callWith(""), notRun("start", error))
    const absent = new AckTimedOut({ provider, waitedMs: error.timeoutMs, job: "absent" })
    return yield* findOut(runner, callWith(error.stdout), absent)
  }
  const output = ended.right
  const call = callWith(output.stdout)
  const switched = /^provider switch detected.*$/m.exec(output.stderr)
  if (switched !== null) yield* Effect.logWarning(`dx-runner: ${switched[0]}`)
  if (output.exitCode === 0) return yield* acknowledged(runner, call, output)
  const judgement = judge("start", output)
  if (judgement.alreadyRunning === true) return yield* ackOfRunningJob(runner, request, output)
  const failure = failureOf("start", provider, output, judgement)
  return yield* judgement.mayHaveLaunched === true ? findOut(runner, call, failure, true) : failure
})
