import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, DateTime, Effect, Random } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { RunnerFailed, type JournalFailed } from "../../domain/Failure.ts"
import { isLive } from "../../domain/Job.ts"
import type { Provider } from "../../domain/Provider.ts"
import { Exec, type ProcessIdentity } from "../../exec/Exec.ts"
import type { JobRequest } from "../DxRunner.ts"
import { jobEnvironment } from "../jobEnvironment.ts"
import type { JobTemps } from "../jobTemp.ts"
import type { AgentCommand } from "./agentCommand.ts"
import { JobRecord, logOf, toJob, type LocalJob } from "./job.ts"
import { createJob, findJob, recordSupervisor, removeJob, runningJobs } from "./jobFiles.ts"
import { capOf } from "./presets.ts"
import { endRecorded } from "./stop.ts"
import { supervisorOf } from "./supervisor.ts"

/** Where jobs' records and their temporary files are, and how large a log may be. */
export interface LocalPlaces {
  readonly root: string
  readonly temps: JobTemps
  /** MiB that the log of one job may have. */
  readonly logSize: number
}

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
    attempt: request.attempt,
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

const mayWork = ({ record }: LocalJob, why: string) =>
  new RunnerFailed({
    operation: "start",
    detail: `the earlier job ${record.runInstance} may still work on ${record.beads}, so no other agent is started: ${why}`,
    nextAction: `when no agent works on ${record.beads}, remove jobs/${record.beads} in the state directory`,
    blame: "runner"
  })

/** Two agents must never work on one bug: ends what the earlier job has left in its group and in its worktree. */
const endEarlier = Effect.fn("LocalRunner.endEarlier")(function* (job: LocalJob) {
  const { doubtful, roots, working } = yield* endRecorded(job, "leftovers")
  // A job that was given up stays in doubt for ever: its time is over, so it counts as ended.
  const [left] = [...roots, ...working, ...(job.abandoned ? [] : doubtful)]
  if (left !== undefined) return yield* mayWork(job, left)
})

// Uninterruptible: an interruption waits until the launched job is on record. The supervisor waits at its gate meanwhile.
const launch = Effect.fn("LocalRunner.launch")(function* (
  { logSize, root, temps }: LocalPlaces,
  request: JobRequest,
  agent: AgentCommand
) {
  const [exec, fs] = yield* Effect.all([Exec, FileSystem.FileSystem])
  const record = yield* recordOf(request, agent)
  const temp = yield* temps.make(request.attempt)
  const directory = yield* createJob(root, record)
  const gate = (process: ProcessIdentity, cgroup: string | undefined) =>
    Effect.zipRight(
      request.onLaunch(process),
      Effect.provideService(recordSupervisor(root, record, { ...process, cgroup }), FileSystem.FileSystem, fs)
    )
  const command = {
    ...supervisorOf(directory, logSize, [agent.command, ...agent.args]),
    cwd: record.worktree,
    env: { ...agent.env, ...jobEnvironment(request.attempt, temp) },
    scope: `nightly-dispatch-${record.runInstance}`
  }
  const supervisor = yield* exec.launchGated(command, gate).pipe(
    // Once the job is the bug's newest, its record stays.
    Effect.tapError((error) => (error._tag === "RunnerFailed" ? Effect.void : removeJob(directory))),
    Effect.catchTag(
      "ExecNotStarted",
      ({ message: detail }) =>
        new RunnerFailed({ operation: "start", provider: record.provider, detail, blame: "host" })
    )
  )
  return ackOfLocalJob(record, directory, supervisor.pid, "started")
}, Effect.uninterruptible)

/** Acknowledges the bug's running job, or starts a job if the provider has a free slot. The caller holds the lock. */
export const startLocally = Effect.fn("LocalRunner.startLocally")(function* (
  places: LocalPlaces,
  request: JobRequest,
  agent: AgentCommand
): Effect.fn.Return<Ack, RunnerFailed | JournalFailed, Exec | FileSystem.FileSystem> {
  const { root, temps } = places
  const job = yield* findJob(root, request.beads)
  if (job !== undefined) {
    const { phase, reason } = toJob(job)
    if (phase === "running" && job.supervisor !== undefined) {
      return ackOfLocalJob(job.record, job.directory, job.supervisor.pid, "adopted")
    }
    if (isLive(toJob(job))) return yield* mayWork(job, reason ?? phase)
  }
  yield* requireFreeSlot(root, request.provider)
  if (job !== undefined) yield* endEarlier(job)
  return yield* Effect.onError(launch(places, request, agent), () => temps.end(request.attempt))
})
