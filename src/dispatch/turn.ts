import { Effect, type Scope } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import type { JournalFailed, ProviderUnavailable } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Intake } from "../domain/Issue.ts"
import type { Outcome, Skipped } from "../domain/Outcome.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { Fleet } from "../journal/Fleet.ts"
import type { Journal } from "../journal/Journal.ts"
import type { DxRunner } from "../runner/DxRunner.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import type { Seen } from "./plan/look.ts"
import type { NotPlanned } from "./planned.ts"

/** What a run has before it plans. */
export interface Found {
  readonly seen: Seen
  readonly intake: Intake
  readonly options: RunOptions
  readonly open: ReadonlySet<BeadsId>
}

/** The bugs from which this host plans its run. */
export interface Share {
  readonly intake: Intake
  /** The bugs that all hosts leave alone in this tick, if this one planned it. */
  readonly skipped: ReadonlyArray<Skipped>
  /** Why it has no bug, in words; `undefined`: the skipped ones tell. */
  readonly why: string | undefined
  /** Why this host takes none, if no provider works here. */
  readonly noProvider: ProviderUnavailable | undefined
  /** Says what became of them. */
  readonly done: (outcomes: ReadonlyArray<Outcome>) => Effect.Effect<void>
}

/** What this host does in a run, for the bugs of the tracker. */
export interface Turn {
  /** Whether it reads the tracker's list of bugs. */
  readonly readsBugs: boolean
  readonly share: (
    found: Found
  ) => Effect.Effect<Share, NotPlanned, BeadsCli | DxRunner | Journal | Workspaces | Scope.Scope>
}

/** A host that is alone plans from all bugs. */
const ALONE: Turn = {
  readsBugs: true,
  share: ({ intake }) =>
    Effect.succeed({ intake, skipped: [], why: undefined, noProvider: undefined, done: () => Effect.void })
}

/** A turn that has begun. `turn` is for when the host has settled what it can. */
export interface Begun {
  readonly turn: Effect.Effect<Turn, JournalFailed>
}

/** Begins the turn of this run. A dry run changes nothing, so it plans as if it were alone. */
export const beginTurn = Effect.fn("run.turn")(function* (
  isDry: boolean
): Effect.fn.Return<Begun, JournalFailed, Scope.Scope> {
  const fleet = yield* Fleet
  const { offers } = fleet
  if (isDry || offers === undefined) return { turn: Effect.succeed(ALONE) }
  const { fleetTurn } = yield* Effect.promise(() => import("./fleet/fleetTurn.ts"))
  return yield* fleetTurn(fleet, offers)
})
