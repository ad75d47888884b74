import { Duration, Either } from "effect"
import { PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import { Ack } from "../domain/Ack.ts"
import { isLive, Job } from "../domain/Job.ts"
import { ProcessIdentity } from "../domain/ProcessIdentity.ts"
import type { Needed } from "../domain/Needed.ts"
import { ProviderName, type PreflightReport, type Provider } from "../domain/Provider.ts"
import type { Capacity, JobRequest } from "../runner/DxRunner.ts"

/** What a runner reads in the log of an ended job. */
export type FakeWords = Partial<Pick<Job, "reason" | "words" | "fault" | "freeAt" | "needs" | "result" | "usage">>

/** How one provider behaves. A provider that the script does not name works, has no cap, and its jobs run until `finish`. */
export interface FakeProvider {
  /** Its preflight fails with this detail. */
  readonly broken?: string
  /** With `broken`: it says that a limit holds until then. Milliseconds since the epoch. */
  readonly freeAt?: number
  /** With `broken`: it needs this from a person. */
  readonly needs?: Needed
  /** Its preflight passes with this doubt. */
  readonly doubt?: string
  /** Whether its tool is known to say what it uses. Default: not known. */
  readonly reports?: boolean
  /** How many of its jobs may run at once; 0 is always full. */
  readonly slots?: number
  /** Its jobs end by themselves after this time on Effect's Clock. */
  readonly runs?: Duration.DurationInput
  /** The exit code of its jobs. Default 0. */
  readonly exitCode?: number
  /** What the end of its jobs tells. Default: nothing. */
  readonly says?: FakeWords
  /** Daemons of its jobs, in words: `endLeftovers` names them. */
  readonly daemons?: ReadonlyArray<string>
  /** Its jobs cannot be ended: `stop` answers `false`. */
  readonly unstoppable?: boolean
}

/** Providers by name. */
export type FakeProviders = Readonly<Record<string, FakeProvider>>

/** The runner's memory: the latest job of each bug, and how many were started. */
export interface Jobs {
  readonly byId: ReadonlyMap<string, Job>
  readonly started: number
}

/** The job after its agent ended with this exit code. */
export const ended = (job: Job, exitCode: number, endedAt: number, says: FakeWords = {}): Job =>
  new Job({ ...job, ...says, phase: exitCode === 0 ? "succeeded" : "failed", exitCode, endedAt })

/** The job after a stop: its agent was ended by SIGTERM. */
export const stopped = (job: Job, endedAt: number): Job => new Job({ ...job, phase: "stopped", exitCode: 143, endedAt })

/** The jobs at this moment: those whose time is over have ended. */
export const jobsAt = (providers: FakeProviders, jobs: Jobs, now: number): Jobs => {
  const atNow = (job: Job): Job => {
    const { runs, exitCode = 0, says } = providers[job.provider] ?? {}
    if (runs === undefined || !isLive(job)) return job
    const due = (job.startedAt ?? 0) + Duration.toMillis(runs)
    return due <= now ? ended(job, exitCode, due, says) : job
  }
  return { ...jobs, byId: new Map([...jobs.byId].map(([id, job]) => [id, atNow(job)])) }
}

/** The answer of a provider's preflight. */
export const preflight = (
  providers: FakeProviders,
  { name }: Provider
): Either.Either<PreflightReport, PreflightFailed> => {
  const { broken, doubt, freeAt, needs } = providers[name] ?? {}
  return broken === undefined
    ? Either.right({ provider: name, lines: [`${name}: OK`], warnings: [], doubt, duration: Duration.zero })
    : Either.left(new PreflightFailed({ provider: name, detail: broken, lines: [], freeAt, needs, blame: "provider" }))
}

/** Whose tools are known to say what they use, or not to. */
export const reportsUsage = (providers: FakeProviders): ReadonlyMap<string, boolean> =>
  new Map(Object.entries(providers).flatMap(([name, { reports }]) => (reports === undefined ? [] : [[name, reports]])))

/** The caps of the script. */
export const capacity = (providers: FakeProviders): Capacity =>
  new Map(
    Object.entries(providers).flatMap(([name, { slots }]) =>
      slots === undefined ? [] : [[ProviderName.make(name), slots] as const]
    )
  )

const full = (provider: ProviderName, slots: number) =>
  new RunnerFailed({
    operation: "start",
    provider,
    detail: `provider ${provider} has no free slot (${slots} of ${slots} taken)`,
    reasonCode: "provider_concurrency_cap_exceeded",
    capacity: true,
    blame: "provider"
  })

const ackOfFakeJob = (job: Job, how: Ack["how"]) =>
  Either.right(
    new Ack({ beads: job.beads, provider: job.provider, pid: job.pid ?? 1000, runInstance: job.runInstance, how })
  )

/** The process that starts the next job. */
export const starterOf = ({ started }: Jobs): ProcessIdentity =>
  new ProcessIdentity({ pid: 5001 + started, startedAt: `${started + 1}`, boot: "fake" })

/** The answer of `start`, and the jobs afterwards. Checks in dx-runner's order: running already, full, broken. */
export const startIn = (
  providers: FakeProviders,
  jobs: Jobs,
  { beads, prompt, provider, workspace }: JobRequest,
  startedAt: number
): [Either.Either<Ack, PreflightFailed | RunnerFailed>, Jobs] => {
  const before = jobs.byId.get(beads)
  if (before !== undefined && isLive(before)) return [ackOfFakeJob(before, "adopted"), jobs]
  const { slots = Number.POSITIVE_INFINITY } = providers[provider.name] ?? {}
  const busy = [...jobs.byId.values()].filter((job) => isLive(job) && job.provider === provider.name)
  if (busy.length >= slots) return [Either.left(full(provider.name, slots)), jobs]
  const checked = preflight(providers, provider)
  if (Either.isLeft(checked)) return [Either.left(checked.left), jobs]
  const started = jobs.started + 1
  const job = new Job({
    beads,
    provider: provider.name,
    phase: "running",
    pid: 1000 + started,
    runInstance: `run-${started}`,
    promptFile: prompt.path,
    worktree: workspace.path,
    startedAt
  })
  return [ackOfFakeJob(job, "started"), { started, byId: new Map(jobs.byId).set(beads, job) }]
}
