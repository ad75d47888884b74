import { Context, type Effect } from "effect"
import type { RunId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Repository } from "../workspace/Workspaces.ts"
import type { SettleReport } from "./settleEarlier.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { LeaseKeeper } from "./leases.ts"
import type { ProviderPool } from "./ProviderPool.ts"

/** Which run this is, where it runs, and what it works on. */
export interface RunOptions {
  readonly run: RunId
  /** This machine's name, part of every actor. */
  readonly host: string
  readonly repository: Repository
}

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
    /** Before anything else in a run: brings what earlier runs left behind to an end. */
    readonly settle: (options: RunOptions) => Effect.Effect<SettleReport, JournalFailed>
    /** Never fails: whatever becomes of this bug is an outcome, and the others go on. */
    readonly dispatch: (issue: Issue, context: RunContext) => Effect.Effect<Outcome>
  }
>() {}
