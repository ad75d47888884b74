import { Effect, type Layer, type Scope } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import type { Provider } from "../../domain/Provider.ts"
import type { DxRunner, JobRequest, JobTrace } from "../../runner/DxRunner.ts"
import type { Check } from "./suite.ts"
import { beadsId, eventually } from "./support.ts"

type Runner = DxRunner["Type"]

/**
 * `works`: its agent ends with exit code 0, by itself within 2 seconds or at `finish`. `fails`: the same with another
 * exit code. `refused`: the same, after it printed `REFUSAL`. `slow`: its agent works until it is stopped (or for longer than a test). `broken`: its preflight fails.
 * `restless`: like `slow`, with two background processes in sessions of their own: `own` works in the worktree, `daemon`
 * elsewhere. `leaving`: leaves the same two behind and ends with exit code 0.
 * All of them have room for at least two jobs.
 */
export type ProviderKind = "works" | "broken" | "slow" | "fails" | "refused" | "restless" | "leaving"

/** The last line of `refused`: an error event of opencode, which no other program prints. */
export const REFUSAL =
  '{"type":"error","timestamp":1,"sessionID":"ses_1","error":{"name":"APIError","data":{"message":"No credit.","statusCode":401}}}'

/** A runner without jobs, the layer under test on it, and ways to look at its agents without the layer. */
export interface RunnerWorld {
  readonly layer: Layer.Layer<DxRunner>
  readonly provider: (kind: ProviderKind) => Provider
  /** A request with an existing prompt file (`prompt`, or any text) and an existing workspace. */
  readonly request: (id: BeadsId, provider: Provider, prompt?: string) => Effect.Effect<JobRequest, never, Scope.Scope>
  /** Ends the agent of `works` or `fails`, or waits for its end. Absent: it ends by itself. */
  readonly finish?: (id: BeadsId) => Effect.Effect<void>
  /** Whether an agent works on this bug: looks at the processes, not at the runner's answers. */
  readonly agentAlive: (id: BeadsId) => Effect.Effect<boolean>
  /** The prompt that the agent got. `undefined` until it has one. Absent: not checked. */
  readonly promptSeen?: (id: BeadsId) => Effect.Effect<string | undefined>
  /** Removes what the runner has on record of the bug's job. Absent: it cannot lose its records. */
  readonly loseRecord?: (id: BeadsId) => Effect.Effect<void>
  /** The background processes of `restless` and `leaving`. Absent: its agents are no processes. */
  readonly background?: Background
  /** False if the files of ended jobs are another program's, which this layer leaves alone. Default true. */
  readonly ownsLogs?: boolean
  /** A provider with a passing preflight and no free slot. Absent: not checked. */
  readonly full?: Effect.Effect<Provider, never, Scope.Scope>
}

/** The two background processes of `restless` or `leaving`. */
export interface Background {
  /** Waits until they run. */
  readonly pids: (id: BeadsId) => Effect.Effect<{ readonly own: number; readonly daemon: number }>
  readonly isAlive: (pid: number) => Effect.Effect<boolean>
}

export type RunnerCheck = Check<readonly [runner: Runner, world: RunnerWorld]>

export const id = beadsId("bd-a1b2")

export const traceOf = ({ attempt, workspace }: JobRequest): JobTrace => ({ attempt, worktree: workspace.path })

export const startJob = (runner: Runner, world: RunnerWorld, kind: ProviderKind, beads = id) =>
  Effect.flatMap(world.request(beads, world.provider(kind)), runner.start)

export const phaseOf = (runner: Runner, beads = id) => Effect.map(runner.job(beads), (job) => job?.phase)

/** The bug's job after its end. */
export const ended = (runner: Runner, world: RunnerWorld) =>
  Effect.zipRight(
    world.finish?.(id) ?? Effect.void,
    eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
  )
