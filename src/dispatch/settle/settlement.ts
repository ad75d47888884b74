import { Effect } from "effect"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import type { Attempt, Ending } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Journal } from "../../journal/Journal.ts"
import type { DxRunner } from "../../runner/DxRunner.ts"
import type { Verifier } from "../../runner/Verifier.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import { finish, type Finished } from "./finish.ts"

/** The services that settling one attempt uses. */
export type SettleServices = Journal | BeadsCli | DxRunner | Verifier | Workspaces

/**
 * What settling found: the attempt ended, its job or the check of its work runs, or its state cannot be known yet (`why`). `isForRuns`: its time is over,
 * and only a run may give it up. `theirs`: the other host that has it.
 */
export type Settlement =
  | Finished
  | { readonly _tag: "Running"; readonly attempt: Attempt }
  | {
      readonly _tag: "Open"
      readonly attempt: Attempt
      readonly why: string
      readonly isForRuns?: true
      readonly theirs?: string
    }

/** How far settling may go. */
export interface SettleBounds {
  /** After this time an attempt stays open. Milliseconds by the boot clock. */
  readonly deadline: number
  /** Whether an attempt may be given up whose job may still work. A run that does so exits with 3. */
  readonly mayAbandon: boolean
}

export type Settling = Effect.Effect<Settlement, JournalFailed, SettleServices>

/** Dispatchers' claims in the tracker, as read when settling began. Empty if they could not be read. */
export type Claims = ReadonlyArray<Issue>

export const stillOpen = (attempt: Attempt, why: string): Settlement => ({ _tag: "Open", attempt, why })

/** Finishes the attempt. It stays open for the next run if the tracker, the runner or the host does not answer. */
export const finished = (attempt: Attempt, ending: Ending, claims: Claims): Settling =>
  Effect.catchAll(finish(attempt, ending, claims), (error) =>
    error._tag === "JournalFailed" ? Effect.fail(error) : Effect.succeed(stillOpen(attempt, error.message))
  )
