import { Context, type Effect } from "effect"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { ProviderAttempt } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Outcome } from "../../domain/Outcome.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import type { Journal } from "../../journal/Journal.ts"
import type { PromptStore } from "../../prompt/PromptStore.ts"
import type { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import type { LeaseKeeper } from "../claims/leases.ts"
import type { ProviderPool } from "../providers/ProviderPool.ts"
import type { Suspicions } from "./suspicion.ts"

/** The services that one dispatch uses. */
export type DispatchServices = BeadsCli | DxRunner | Journal | PromptStore | Workspaces

/** What the dispatch of one bug needs to know of its run. */
export interface RunContext extends RunOptions {
  /** Its chain is that of the bug: the provider that the bug was given comes first. */
  readonly pool: ProviderPool
  /** The providers that did not take the bug before its dispatch. */
  readonly passedOver: ReadonlyArray<ProviderAttempt>
  readonly leases: LeaseKeeper
  readonly suspicions: Suspicions
  /** The number of the next attempt within this run, from 1. It makes each attempt's actor unique. */
  readonly nextAttempt: Effect.Effect<number>
  /** The bug that is tried although it is on hold, if any. */
  readonly probe: BeadsId | undefined
}

/**
 * Handles a chosen bug: `dispatchIssue.layer` starts a job, `dryRun.layer` only names the provider that would get it.
 *
 * @example
 * const leavesAlone = Layer.succeed(Dispatcher, {
 *   dry: true,
 *   dispatch: ({ id }) => Effect.succeed(new Skipped({ beads: id, reason: "policy", detail: "a rehearsal" }))
 * })
 */
export class Dispatcher extends Context.Tag("nightly-dispatch/Dispatcher")<
  Dispatcher,
  {
    /** True if nothing is settled, claimed, written or started. */
    readonly dry: boolean
    /**
     * Never fails: a failure is an outcome, so one bug does not stop the others. Uses the services of the run that calls it, so
     * that one run never has two trackers, whatever the layers were built on.
     */
    readonly dispatch: (issue: Issue, context: RunContext) => Effect.Effect<Outcome, never, DispatchServices>
  }
>() {}
