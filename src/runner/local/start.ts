import type * as FileSystem from "@effect/platform/FileSystem"
import { Clock, DateTime, Effect, Random } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { Provider } from "../../domain/Provider.ts"
import { Exec } from "../../exec/Exec.ts"
import type { JobRequest } from "../DxRunner.ts"
import type { AgentCommand } from "./agentCommand.ts"
import { isRunning, JOB_FILES, JobRecord, logOf, type LocalJob } from "./job.ts"
import { createJob, findJob, letAgentStart, removeJob, runningJobs } from "./jobFiles.ts"
import { capOf } from "./presets.ts"

/**
 * The supervisor of a job: runs the agent and records its exit code, because the dispatcher may have ended before. The
 * first argument is the job's directory, the others are the agent's command; no shell parses them again.
 *
 * The supervisor waits for `process.json`, so the agent starts only when the job is on record: a dispatcher that dies
 * between launch and record leaves no agent behind. The trap keeps the supervisor alive when a signal ends the whole
 * group, so it still records the agent's exit code. It is not `trap ''`, because the agent would inherit that.
 */
export const SUPERVISOR = `
dir=$1
shift
tries=0
until [ -e "$dir/${JOB_FILES.process}" ]; do
  tries=$((tries + 1))
  [ "$tries" -le 400 ] || exit 125
  sleep 0.025 2>/dev/null || { sleep 1; tries=$((tries + 39)); }
done
trap : HUP INT TERM
"$@"
code=$?
(umask 077 && echo "$code" >"$dir/${JOB_FILES.exit}.new" && mv -f "$dir/${JOB_FILES.exit}.new" "$dir/${JOB_FILES.exit}")
exit "$code"
`

const ackOfLocalJob = (record: JobRecord, directory: string, pid: number, how: Ack["how"]): Ack => {
  const { beads, provider, runInstance } = record
  return Ack.make({ beads, provider, pid, log: logOf(directory), runInstance, how })
}

const recordOf = Effect.fn("LocalRunner.recordOf")(function* (request: JobRequest, agent: AgentCommand) {
  const startedAt = yield* Clock.currentTimeMillis
  const stamp = DateTime.formatIso(DateTime.unsafeMake(startedAt)).replace(/[-:]|\.\d+/g, "")
  const random = (yield* Random.nextIntBetween(0, 0x1000000)).toString(16).padStart(6, "0")
  return JobRecord.make({
    beads: request.beads,
    provider: request.provider.name,
    runInstance: `${stamp}-${random}-${request.provider.name}`,
    repo: request.repo,
    worktree: request.workspace.path,
    promptFile: request.prompt.path,
    command: agent.command,
    startedAt
  })
})

const requireFreeSlot = Effect.fn("LocalRunner.requireFreeSlot")(function* (root: string, provider: Provider) {
  const cap = capOf(provider)
  const running = yield* runningJobs(root, (id) => findJob(root, id))
  const taken = running.filter(({ record }) => record.provider === provider.name).length
  if (taken < cap) return
  const detail = `provider '${provider.name}' concurrency cap exceeded (${taken}/${cap})`
  return yield* new RunnerFailed({
    operation: "start",
    provider: provider.name,
    detail,
    capacity: true,
    blame: "provider"
  })
})

/** A killed supervisor may leave its agent running. Ends that agent: two agents must never work on one bug. */
const endLeftovers = Effect.fn("LocalRunner.endLeftovers")(function* ({ supervisor, exit, record }: LocalJob) {
  const exec = yield* Exec
  if (supervisor === undefined || exit !== undefined || (yield* exec.endGroup(supervisor))) return
  const detail =
    `processes of the earlier job ${record.runInstance} cannot be ended, so no other agent is started on ` +
    `${record.beads}. End them: kill -9 -- -${supervisor.pid}`
  return yield* new RunnerFailed({ operation: "start", detail, blame: "runner" })
})

// Uninterruptible: an interruption waits until the launched job is on record. A failure ends what was launched.
const launch = Effect.fn("LocalRunner.launch")(function* (root: string, request: JobRequest, agent: AgentCommand) {
  const exec = yield* Exec
  const record = yield* recordOf(request, agent)
  const directory = yield* createJob(root, record)
  const supervisor = yield* exec
    .launch({
      command: "/bin/sh",
      args: ["-c", SUPERVISOR, "nightly-dispatch-job", directory, agent.command, ...agent.args],
      cwd: record.worktree,
      env: agent.env,
      logFile: logOf(directory)
    })
    .pipe(
      Effect.tapError(() => removeJob(directory)),
      Effect.mapError(
        ({ message }) =>
          new RunnerFailed({ operation: "start", provider: record.provider, detail: message, blame: "host" })
      )
    )
  yield* letAgentStart(root, record, supervisor).pipe(Effect.onError(() => exec.endGroup(supervisor)))
  return ackOfLocalJob(record, directory, supervisor.pid, "started")
}, Effect.uninterruptible)

/** Acknowledges the bug's running job, or starts a job if the provider has a free slot. The caller holds the lock. */
export const startLocally = Effect.fn("LocalRunner.startLocally")(function* (
  root: string,
  request: JobRequest,
  agent: AgentCommand
): Effect.fn.Return<Ack, RunnerFailed, Exec | FileSystem.FileSystem> {
  const job = yield* findJob(root, request.beads)
  if (job?.supervisor !== undefined && isRunning(job)) {
    return ackOfLocalJob(job.record, job.directory, job.supervisor.pid, "adopted")
  }
  yield* requireFreeSlot(root, request.provider)
  if (job !== undefined) yield* endLeftovers(job)
  return yield* launch(root, request, agent)
})
