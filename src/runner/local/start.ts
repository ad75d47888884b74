import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { RunnerFailed, type JournalFailed } from "../../domain/Failure.ts"
import { isLive } from "../../domain/Job.ts"
import type { Provider, ProviderName } from "../../domain/Provider.ts"
import type { Exec } from "../../exec/Exec.ts"
import type { JobRequest } from "../DxRunner.ts"
import type { AgentCommand } from "./agentCommand.ts"
import { logOf, toJob, type JobRecord } from "./job.ts"
import { findJob, runningJobs } from "./jobFiles.ts"
import { endEarlier, launch, mayWork, type LocalPlaces } from "./launch.ts"
import { capOf } from "./presets.ts"

const ackOfLocalJob = (record: JobRecord, directory: string, pid: number, how: Ack["how"]): Ack => {
  const { beads, provider, runInstance } = record
  return Ack.make({ beads, provider, pid, log: logOf(directory), runInstance, how })
}

/** `elsewhere`: the providers of the jobs that run for other repositories of this host. */
const requireFreeSlot = Effect.fn("LocalRunner.requireFreeSlot")(function* (
  root: string,
  provider: Provider,
  elsewhere: ReadonlyArray<ProviderName>
) {
  const cap = capOf(provider)
  const running = yield* runningJobs(root, (id) => findJob(root, id))
  const here = running.filter(({ record }) => record.provider === provider.name).length
  const there = elsewhere.filter((name) => name === provider.name).length
  if (here + there < cap) return
  const ofOthers = there === 0 ? "" : `, ${there} of them for other repositories of this host`
  const detail = `provider '${provider.name}' concurrency cap exceeded (${here + there}/${cap}${ofOthers})`
  return yield* new RunnerFailed({
    operation: "start",
    provider: provider.name,
    detail,
    capacity: true,
    blame: "provider"
  })
})

/** Launches the agent, and acknowledges its job. */
const launchAgent = Effect.fn("LocalRunner.launch")(function* (
  places: LocalPlaces,
  request: JobRequest,
  agent: AgentCommand
) {
  const { attempt, beads, onLaunch, prompt, provider, repo, workspace } = request
  const launched = { beads, provider: provider.name, repo, worktree: workspace.path, promptFile: prompt.path, attempt }
  const { directory, pid, record } = yield* launch(places, { ...launched, command: agent, onLaunch }).pipe(
    Effect.catchTag(
      "ExecNotStarted",
      ({ message: detail }) => new RunnerFailed({ operation: "start", provider: provider.name, detail, blame: "host" })
    )
  )
  return ackOfLocalJob(record, directory, pid, "started")
})

/**
 * Acknowledges the bug's running job, or starts a job if the provider has a free slot. The caller holds the lock. `taken`: the providers of
 * the jobs that run for other repositories of this host.
 */
export const startLocally = Effect.fn("LocalRunner.startLocally")(function* (
  places: LocalPlaces,
  request: JobRequest,
  { agent, taken }: { readonly agent: AgentCommand; readonly taken: ReadonlyArray<ProviderName> }
): Effect.fn.Return<Ack, RunnerFailed | JournalFailed, Exec | FileSystem.FileSystem> {
  const { root } = places
  const job = yield* findJob(root, request.beads)
  if (job !== undefined) {
    const { phase, reason } = toJob(job)
    if (phase === "running" && job.supervisor !== undefined) {
      return ackOfLocalJob(job.record, job.directory, job.supervisor.pid, "adopted")
    }
    if (isLive(toJob(job))) return yield* mayWork(job, reason ?? phase)
  }
  yield* requireFreeSlot(root, request.provider, taken)
  if (job !== undefined) yield* endEarlier(job)
  return yield* launchAgent(places, request, agent)
})
