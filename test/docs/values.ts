import type { Effect, Layer } from "effect"
import type {
  Actor,
  Attempt,
  BeadsCli,
  BeadsId,
  Claim,
  DxRunnerCli,
  Host,
  Identity,
  Intent,
  Issue,
  Job,
  JournalFailed,
  JournalQueries,
  LayerServices,
  Mark,
  Message,
  Pause,
  PlanInput,
  Provider,
  ProviderPool,
  Reading,
  ReportInput,
  Repository,
  RunContext,
  RunId,
  RunOptions,
  RunReport,
  SeenBug,
  Settings,
  ShadowRun,
  Surroundings,
  Workspace
} from "../../src/index.ts"

export { assert, describe, it } from "@effect/vitest"

// What the examples of the public API use without saying where it comes from.
export declare const actor: Actor
export declare const address: string
export declare const at: number
export declare const attempt: Attempt
export declare const beads: Layer.Layer<BeadsCli>
export declare const branch: string
export declare const claim: Claim
export declare const comment: string
export declare const context: RunContext
export declare const diskFull: JournalFailed
export declare const dxRunner: Parameters<typeof DxRunnerCli.layer>[0]
export declare const facts: ReportInput
export declare const githubIssues: Layer.Layer<BeadsCli>
export declare const host: Host
export declare const hosts: ReadonlyArray<Host>
export declare const id: BeadsId
export declare const identity: Identity
export declare const input: PlanInput
export declare const intent: Intent
export declare const issue: Issue
export declare const issues: ReadonlyArray<Issue>
export declare const job: Job
export declare const json: string
/** The world of any contract. */
export declare const makeWorld: never
export declare const mark: Mark
export declare const marker: string
export declare const message: Message
export declare const now: number
export declare const options: RunOptions
export declare const otlp: Layer.Layer<never>
export declare const pager: Layer.Layer<never>
export declare const pause: Pause
export declare const pool: ProviderPool
export declare const program: Effect.Effect<void, JournalFailed, LayerServices | JournalQueries>
export declare const provider: Provider
export declare const report: RunReport
export declare const repository: Repository
export declare const run: RunId
export declare const runs: ReadonlyArray<ShadowRun>
export declare const secret: string
export declare const seen: ReadonlyArray<SeenBug>
export declare const settings: Settings
export declare const surroundings: Surroundings
export declare const workspace: Workspace
export declare const zone: NonNullable<Reading["zone"]>
