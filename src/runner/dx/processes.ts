import { Effect, type Context } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive, Job } from "../../domain/Job.ts"
import { ProcessIdentity, type Exec } from "../../exec/Exec.ts"
import type { JobRequest } from "../DxRunner.ts"
import type { RunnerCommand } from "./command.ts"
import { secondsIn, type StatusRow } from "./jobs.ts"
import { alreadyRunning, failureReason, type RunnerOutput } from "./output.ts"

// dx-runner trusts its pid file, even if another process has that number now, or after a reboot. So this file compares the
// age of the process with the age of the pid file.

/** Seconds by which a process may seem younger than its pid file: both ages are rounded down. */
const ROUNDING = 5

/** `[[dd-]hh:]mm:ss`. */
const ETIME = /^(?:(?:(?<d>\d{1,6})-)?(?<h>\d{1,2}):)?(?<m>\d{1,3}):(?<s>\d{2})$/

/** What `ps -o pgid= -o etime=` prints of one process: its group, and its age in seconds. */
export const processLine = (stdout: string): { readonly group: number; readonly age: number } | undefined => {
  const [group = "", etime = ""] = stdout.trim().split(/\s+/)
  const age = secondsIn(etime, ETIME)
  return !/^\d{1,9}$/.test(group) || Number(group) < 2 || age === undefined ? undefined : { group: Number(group), age }
}

type Behind =
  | { readonly _tag: "Own"; readonly process: ProcessIdentity; readonly leader: ProcessIdentity }
  /** No process has the pid. */
  | { readonly _tag: "Ended" }
  /** The process is younger than the pid file: another process has the number now. */
  | { readonly _tag: "Stranger" }
  | { readonly _tag: "Unknown" }

/** Which process is behind a row of `status`. */
const processBehind = Effect.fn("dx-runner.processBehind")(function* (
  exec: Context.Tag.Service<Exec>,
  row: StatusRow
): Effect.fn.Return<Behind> {
  const process = row.job.pid === undefined ? undefined : yield* exec.identify(row.job.pid)
  if (process === undefined) return { _tag: "Ended" }
  const args = ["-o", "pgid=", "-o", "etime=", "-p", String(process.pid)]
  const line = yield* exec.run({ command: "ps", args, cwd: "/", timeout: "10 seconds" }).pipe(
    Effect.map(({ stdout }) => processLine(stdout)),
    Effect.orElseSucceed(() => undefined)
  )
  if (line === undefined || row.age === undefined) return { _tag: "Unknown" }
  if (line.age + ROUNDING < row.age) return { _tag: "Stranger" }
  // gemini's pid does not lead its group, and the leader may have ended. Its number stays taken while the group lives.
  const leader = line.group === process.pid ? process : yield* exec.identify(line.group)
  return {
    _tag: "Own",
    process,
    leader: leader ?? ProcessIdentity.make({ pid: line.group, startedAt: process.startedAt, boot: process.boot })
  }
})

/** The bug's job in its report. Its phase is `gone` if another program has its pid now. */
export const jobOfBug = Effect.fn("DxRunner.job")(function* (runner: RunnerCommand, id: BeadsId) {
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

/** The jobs that dx-runner lists as live, without those whose process has ended or is another program's. */
export const runningJobs = Effect.fn("DxRunner.running")(function* (runner: RunnerCommand) {
  const live = (yield* runner.status).filter(({ job }) => isLive(job))
  const working = yield* Effect.filter(live, (row) =>
    Effect.map(processBehind(runner.exec, row), ({ _tag }) => _tag === "Own" || _tag === "Unknown")
  )
  return working.map(({ job }) => job)
})

/** Ends the job and everything it started. Returns whether all of it has ended. */
export const stopJob = Effect.fn("DxRunner.stop")(function* (runner: RunnerCommand, id: BeadsId) {
  const row = yield* runner.row(id)
  if (row === undefined || (row.job.pid === undefined && !isLive(row.job))) return true
  const behind = yield* processBehind(runner.exec, row)
  // dx-runner may not have recorded the job's outcome yet, and `stop` would overwrite it.
  if (behind._tag === "Ended") return true
  if (behind._tag !== "Own") {
    const detail = `process ${row.job.pid} may be another program's, so it is left alone`
    yield* Effect.logWarning(`${id}: ${detail}; if it is the agent, end it: kill ${row.job.pid}`)
    return false
  }
  // `dx-runner stop` ends the launcher and leaves the agent, so end the group first.
  const gone = (yield* runner.exec.endGroup(behind.leader)) && !(yield* runner.exec.isAlive(behind.process))
  yield* Effect.catchAll(
    runner.ask(["stop", "--beads", id], ({ exitCode }) => exitCode === 1),
    (error) => Effect.logWarning(`${id}: dx-runner stop failed, so dx-runner may still list the job: ${error.message}`)
  )
  return gone
})

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
  const alive = pid === undefined ? job !== undefined : (yield* runner.exec.identify(pid)) !== undefined
  if (behind === "Ended" || !alive) return yield* failed(", but there is no such process any more")
  return Ack.make({ beads, provider, pid, runInstance: job?.runInstance, how: "adopted" })
})
