import { Context, type Effect } from "effect"
import type { Issue } from "../../domain/Issue.ts"
import type { Outcome } from "../../domain/Outcome.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import type { LeaseKeeper } from "../claims/leases.ts"
import type { ProviderPool } from "../providers/ProviderPool.ts"

/** What all dispatches of one run share. */
export interface RunContext extends RunOptions {
  readonly pool: ProviderPool
  readonly leases: LeaseKeeper
  /** The number of the next attempt within this run, from 1: it makes each attempt's actor its own. */
  readonly nextAttempt: Effect.Effect<number>
}

/**
 * What is done with a chosen bug. Its layers: `dispatchIssue.layer`, which starts a job, and `dryRun.layer`, which says
 * what would be started. They are all that sets a dry run apart.
 */
export class Dispatcher extends Context.Tag("nightly-dispatch/Dispatcher")<
  Dispatcher,
  {
    /** True when nothing is claimed, written or started. */
    readonly dry: boolean
    /** Never fails: whatever becomes of this bug is an outcome, and the others go on. */
    readonly dispatch: (issue: Issue, context: RunContext) => Effect.Effect<Outcome>
  }
>() {}
