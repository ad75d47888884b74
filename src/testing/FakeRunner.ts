import { Clock, Context, Effect, Layer, Ref } from "effect"
import { isLive, Job, type JobPhase } from "../domain/Job.ts"
import { DxRunner, type Ships } from "../runner/DxRunner.ts"
import {
  capacity,
  ended,
  preflight,
  jobsAt,
  reportsUsage,
  startIn,
  starterOf,
  stopped,
  type FakeProvider,
  type FakeProviders,
  type FakeWords,
  type Jobs
} from "./fakeJobs.ts"
import { runnerLimits } from "./fakeRunnerLimits.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = DxRunner["Type"]

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeRunnerScript {
  /** By name. */
  readonly providers?: FakeProviders
  /** What it brings to its jobs itself. Default: nothing. */
  readonly ships?: Ships
  /** Jobs of earlier runs. */
  readonly jobs?: ReadonlyArray<Job>
  /** Answers `promptRefusal`. Default: every prompt is fine. */
  readonly refuses?: (prompt: string) => string | undefined
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * Controls of the fake runner: its jobs, the calls it got, and the end of its agents.
 *
 * @example
 * const state = yield* FakeRunnerState
 * yield* state.finish("bd-1", 1) // the agent fails
 */
export class FakeRunnerState extends Context.Tag("nightly-dispatch/testing/FakeRunnerState")<
  FakeRunnerState,
  FakeControls<Service> & {
    /** The latest job of each bug, as `job` returns it. */
    readonly jobs: Effect.Effect<ReadonlyArray<Job>>
    /**
     * Ends the agent of this bug, as one that has worked for a minute at least. Default for its exit code and for what its end
     * tells: those of its provider.
     */
    readonly finish: (id: string, exitCode?: number, says?: FakeWords) => Effect.Effect<void>
    /** Puts the job of this bug into a phase, such as `starting` or `unknown`, in which it stays. */
    readonly turn: (id: string, phase: JobPhase, reason?: string) => Effect.Effect<void>
    /** Makes the runner forget the job of this bug, with its result. */
    readonly forget: (id: string) => Effect.Effect<void>
  }
>() {}

export type { FakeProvider, FakeWords }

/** Milliseconds. A job that ends within seconds counts against its provider. */
const A_MINUTE = 60_000

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakeRunner.layer({ faults: [FakeRunner.after("start", "bd-1").hangs()] }) // the job runs, but start never answers
 */
export const { after, on } = faultsOf<Service>()

/**
 * A runner in memory: one live job for a bug, enforced caps, jobs that end by `finish` or by Effect's Clock.
 *
 * @example
 * const runner = FakeRunner.layer({
 *   providers: { opencode: { broken: "Canonical model unavailable" }, "cc-glm": { slots: 1, runs: "20 minutes" } }
 * })
 */
export const layer = (script: FakeRunnerScript = {}): Layer.Layer<DxRunner | FakeRunnerState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const providers = script.providers ?? {}
      const byId = new Map((script.jobs ?? []).map((job) => [String(job.beads), job]))
      const store = yield* Ref.make<Jobs>({ byId, started: 0 })
      const change = <A>(decide: (jobs: Jobs, now: number) => [A, Jobs]): Effect.Effect<A> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Ref.modify(store, (jobs) => decide(jobsAt(providers, jobs, now), now))
        )
      const jobs = change((jobs) => [[...jobs.byId.values()], jobs])
      const { call, controls } = yield* makeControls<Service>("DxRunner", script.faults, runnerLimits(jobs))
      const endLive = (id: string, end: (job: Job, now: number) => Job): Effect.Effect<void> =>
        change((jobs, now) => {
          const job = jobs.byId.get(id)
          const byId = job !== undefined && isLive(job) ? new Map(jobs.byId).set(id, end(job, now)) : jobs.byId
          return [undefined, { ...jobs, byId }]
        })

      const scriptOf = (id: string): Effect.Effect<FakeProvider> =>
        Effect.map(jobs, (all) => providers[all.find((job) => job.beads === id)?.provider ?? ""] ?? {})

      const service: Service = {
        version: Effect.succeed("a fake runner").pipe(call("version", undefined, [])),
        promptRefusal: script.refuses ?? (() => undefined),
        preflight: (provider) => preflight(providers, provider).pipe(call("preflight", provider.name, [provider])),
        start: (request) =>
          Effect.gen(function* () {
            // A start that is refused, or that adopts a job, launches nothing.
            const launches = yield* change((jobs, now) => [startIn(providers, jobs, request, now)[1] !== jobs, jobs])
            if (launches) yield* request.onLaunch(yield* change((jobs) => [starterOf(jobs), jobs]))
            return yield* yield* change((jobs, now) => startIn(providers, jobs, request, now))
          }).pipe(call("start", request.beads, [request])),
        job: (id, trace) =>
          Effect.map(jobs, (all) => all.find((job) => job.beads === id)).pipe(
            call("job", id, trace === undefined ? [id] : [id, trace])
          ),
        running: Effect.map(jobs, (all) => all.filter(isLive)).pipe(call("running", undefined, [])),
        reportsUsage: reportsUsage(providers),
        ships: script.ships,
        capacity: Effect.succeed(capacity(providers)).pipe(call("capacity", undefined, [])),
        stop: (id, trace) =>
          Effect.flatMap(scriptOf(id), ({ unstoppable = false }) =>
            unstoppable ? Effect.succeed(false) : Effect.as(endLive(id, stopped), true)
          ).pipe(call("stop", id, trace === undefined ? [id] : [id, trace])),
        endLeftovers: (id, trace) =>
          Effect.map(scriptOf(id), ({ daemons = [] }) => daemons).pipe(call("endLeftovers", id, [id, trace])),
        abandon: (id, trace) =>
          endLive(id, (job) => (job.phase === "unknown" ? new Job({ ...job, phase: "gone" }) : job)).pipe(
            call("abandon", id, [id, trace])
          ),
        oldLogs: (before) =>
          Effect.map(jobs, (all) =>
            all
              .filter((job) => !isLive(job) && (job.endedAt ?? 0) < before)
              .map(({ beads, runInstance = "" }) => ({ beads, runInstance, bytes: 1000 }))
          ).pipe(call("oldLogs", undefined, [before])),
        removeLog: (log) =>
          change((jobs) => {
            const isLog = ({ beads, runInstance = "" }: Job) => beads === log.beads && runInstance === log.runInstance
            const byId = new Map([...jobs.byId].filter(([, job]) => isLive(job) || !isLog(job)))
            return [undefined, { ...jobs, byId }]
          }).pipe(call("removeLog", log.beads, [log]))
      }

      return Context.make(DxRunner, service).pipe(
        Context.add(FakeRunnerState, {
          ...controls,
          jobs,
          finish: (id, exitCode, says) =>
            endLive(id, (job, now) => {
              const script = providers[job.provider]
              const endedAt = Math.max(now, (job.startedAt ?? now) + A_MINUTE)
              return ended(job, exitCode ?? script?.exitCode ?? 0, endedAt, says ?? script?.says)
            }),
          turn: (id, phase, reason) =>
            change((jobs) => {
              const job = jobs.byId.get(id)
              const turned = job === undefined ? undefined : new Job({ ...job, phase, reason })
              return [undefined, turned === undefined ? jobs : { ...jobs, byId: new Map(jobs.byId).set(id, turned) }]
            }),
          forget: (id) =>
            change((jobs) => [undefined, { ...jobs, byId: new Map([...jobs.byId].filter(([key]) => key !== id)) }])
        })
      )
    })
  )
