import { Effect, Either, Option, type Context } from "effect"
import { parseActor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive, Job } from "../../domain/Job.ts"
import type { Exec, ProcessIdentity } from "../../exec/Exec.ts"
import type { JobTrace } from "../DxRunner.ts"
import { jobWithoutRecord, traitsOfTrace } from "../jobTrace.ts"
import type { RunnerCommand } from "./command.ts"
import { hasExitRecord, secondsIn, type StatusRow } from "./jobs.ts"

// dx-runner trusts its pid file, even if another process has that number now, or after a reboot. So this file compares the
// age of the process with the age of the pid file.

/** Seconds by which a process may seem younger than its pid file: both ages are rounded down. */
const ROUNDING = 5

/** `[[dd-]hh:]mm:ss`. */
const ETIME = /^(?:(?:(?<d>\d{1,6})-)?(?<h>\d{1,2}):)?(?<m>\d{1,3}):(?<s>\d{2})$/

/** Milliseconds: `started_at` is in whole seconds. */
const STARTED_AT_ROUNDING = 2000

const NO_END = { exitCode: undefined, endedAt: undefined }

/** What `ps -o etime=` prints of one process: its age in seconds. `undefined` if the text is no age. */
export const ageIn = (stdout: string): number | undefined => secondsIn(stdout.trim(), ETIME)

type Behind =
  | { readonly _tag: "Own"; readonly process: ProcessIdentity }
  /** No process has the pid. */
  | { readonly _tag: "Ended" }
  /** The process is younger than the pid file: another process has the number now. */
  | { readonly _tag: "Stranger" }
  /** The process, or its age, cannot be read. */
  | { readonly _tag: "Unknown" }

/** Which process is behind a row of `status`. */
export const processBehind = Effect.fn("dx-runner.processBehind")(function* (
  exec: Context.Tag.Service<Exec>,
  row: StatusRow
): Effect.fn.Return<Behind> {
  if (row.job.pid === undefined) return { _tag: "Ended" }
  const found = yield* Effect.option(exec.identify(row.job.pid))
  if (Option.isNone(found)) return { _tag: "Unknown" }
  const process = found.value
  if (process === undefined) return { _tag: "Ended" }
  const args = ["-o", "etime=", "-p", String(process.pid)]
  const age = yield* exec.run({ tool: "system", command: "ps", args, cwd: "/", timeout: "10 seconds" }).pipe(
    Effect.map(({ stdout }) => ageIn(stdout)),
    Effect.orElseSucceed(() => undefined)
  )
  if (age === undefined || row.age === undefined) return { _tag: "Unknown" }
  return age + ROUNDING < row.age ? { _tag: "Stranger" } : { _tag: "Own", process }
})

/** The bug's job in its report. Its phase is `gone` if another program has its pid now. */
const reported = Effect.fn("dx-runner.reported")(function* (runner: RunnerCommand, id: BeadsId) {
  const job = yield* runner.report(id)
  if (job === undefined || !isLive(job)) return job
  // Only `status` has the pid. If `status` fails, the report counts unchecked.
  const row = yield* Effect.orElseSucceed(runner.row(id), () => undefined)
  if (row?.job.runInstance !== job.runInstance || row?.job.provider !== job.provider) return job
  const { _tag } = yield* processBehind(runner.exec, row)
  return _tag === "Stranger"
    ? Job.make({ ...job, phase: "gone", reason: "stale_pid_file" })
    : Job.make({ ...job, pid: row.job.pid })
})

/** Whether the runner's answer says how the attempt's own job ended. An earlier job's end says nothing of this attempt. */
const saysItsEnd = (job: Job, { attempt }: JobTrace): boolean => {
  const began = parseActor(attempt)?.startedAt
  const isEarlier = began !== undefined && job.startedAt !== undefined && job.startedAt + STARTED_AT_ROUNDING < began
  return hasExitRecord(job) && !isEarlier
}

/**
 * The bug's job. With a trace, the processes are asked as well: dx-runner knows no job whose start has not ended, and
 * forgets an agent whose launcher was killed.
 */
export const jobOfBug = Effect.fn("DxRunner.job")(function* (runner: RunnerCommand, id: BeadsId, trace?: JobTrace) {
  const job = yield* reported(runner, id)
  if (trace === undefined || (job !== undefined && saysItsEnd(job, trace))) return job
  const starter = trace.starter === undefined ? "dead" : yield* runner.exec.liveness(trace.starter)
  if (starter === "alive") return jobWithoutRecord(id, trace, { phase: "starting" })
  if (job !== undefined && isLive(job)) return job
  const traits = traitsOfTrace(trace)
  const found = yield* Effect.either(
    runner.exec.jobProcesses({ ...traits, worktree: traits.worktree ?? job?.worktree })
  )
  const overruled = (phase: "running" | "unknown", reason: string) =>
    job === undefined ? jobWithoutRecord(id, trace, { phase, reason }) : Job.make({ ...job, ...NO_END, phase, reason })
  if (Either.isLeft(found)) return overruled("unknown", found.left.message)
  const { doubtful, working } = found.right
  if (working.length > 0) return overruled("running", "dx-runner does not list it, but its agent works in the worktree")
  return doubtful[0] === undefined ? job : overruled("unknown", doubtful[0])
})

/** The jobs that dx-runner lists as live, without those whose process has ended or is another program's. */
export const runningJobs = Effect.fn("DxRunner.running")(function* (runner: RunnerCommand) {
  const live = (yield* runner.status).filter(({ job }) => isLive(job))
  const working = yield* Effect.filter(live, (row) =>
    Effect.map(processBehind(runner.exec, row), ({ _tag }) => _tag === "Own" || _tag === "Unknown")
  )
  return working.map(({ job }) => job)
})
