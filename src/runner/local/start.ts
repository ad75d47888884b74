import { Clock, DateTime, Effect, Random } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import { Ack } from "../../domain/Ack.ts"
import type { Provider } from "../../domain/Provider.ts"
import { Exec } from "../../exec/Exec.ts"
import type { AgentCommand } from "./agent.ts"
import type { JobRequest } from "../DxRunner.ts"
import { isRunning, JobRecord, logOf, SUPERVISOR, type KnownJob } from "./job.ts"
import type { LocalJobs } from "./jobs.ts"
import { capOf } from "./presets.ts"

const ackOf = (record: JobRecord, directory: string, pid: number, how: Ack["how"]): Ack =>
  Ack.make({
    beads: record.beads,
    provider: record.provider,
    pid,
    log: logOf(directory),
    runInstance: record.runInstance,
    how
  })

const intentOf = Effect.fn("LocalRunner.intentOf")(function* (request: JobRequest, agent: AgentCommand) {
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

const requireSlot = Effect.fn("LocalRunner.requireSlot")(function* (jobs: LocalJobs, provider: Provider) {
  const cap = capOf(provider)
  const taken = (yield* jobs.running(jobs.find)).filter((known) => known.record.provider === provider.name).length
  if (taken < cap) return
  return yield* new RunnerFailed({
    operation: "start",
    provider: provider.name,
    detail: `provider '${provider.name}' concurrency cap exceeded (${taken}/${cap})`,
    capacity: true,
    blame: "provider"
  })
})

/** An agent may outlive a supervisor that was killed, and two agents on one bug are what must not be. */
const endRest = Effect.fn("LocalRunner.endRest")(function* (known: KnownJob) {
  const exec = yield* Exec
  if (known.process === undefined || known.exit !== undefined) return
  if (yield* exec.endGroup(known.process)) return
  return yield* new RunnerFailed({
    operation: "start",
    detail: `processes of the earlier run ${known.record.runInstance} cannot be ended`,
    blame: "runner"
  })
})

// Intent, launch and record are one: an interruption waits for the record, a failure ends what was launched.
const begin = Effect.fn("LocalRunner.begin")(function* (jobs: LocalJobs, request: JobRequest, agent: AgentCommand) {
  const exec = yield* Exec
  const record = yield* intentOf(request, agent)
  const directory = yield* jobs.create(record)
  const process = yield* exec
    .launch({
      command: "/bin/sh",
      args: ["-c", SUPERVISOR, "nightly-dispatch-job", directory, agent.command, ...agent.args],
      cwd: record.worktree,
      env: agent.env,
      logFile: logOf(directory)
    })
    .pipe(
      Effect.tapError(() => jobs.discard(directory)),
      Effect.mapError(
        ({ message }) =>
          new RunnerFailed({ operation: "start", provider: record.provider, detail: message, blame: "host" })
      )
    )
  yield* jobs.release(record, directory, process).pipe(Effect.onError(() => exec.endGroup(process)))
  return ackOf(record, directory, process.pid, "started")
}, Effect.uninterruptible)

/** Adopts the run that is under way, or starts one where the provider has a free slot. The caller holds the lock. */
export const localStart = Effect.fn("LocalRunner.localStart")(function* (
  jobs: LocalJobs,
  request: JobRequest,
  agent: AgentCommand
): Effect.fn.Return<Ack, RunnerFailed, Exec> {
  const known = yield* jobs.find(request.beads)
  if (known?.process !== undefined && isRunning(known)) {
    return ackOf(known.record, known.directory, known.process.pid, "adopted")
  }
  yield* requireSlot(jobs, request.provider)
  if (known !== undefined) yield* endRest(known)
  return yield* begin(jobs, request, agent)
})
