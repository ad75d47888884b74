import { Effect, type Scope } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import { RoomLacking, type SettingFailed } from "../domain/RunEnd.ts"
import { Room } from "../host/Room.ts"
import type { Journal } from "../journal/Journal.ts"
import { PromptTemplate } from "../prompt/template.ts"
import type { DxRunner } from "../runner/DxRunner.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import type { DispatchBasis } from "./dispatchPlan.ts"
import { makePlan } from "./plan/makePlan.ts"
import { missingRunner } from "./plan/missingRunner.ts"
import { assign } from "./providers/assign.ts"
import type { Found, Share, Turn } from "./turn.ts"

type Services = BeadsCli | DxRunner | Journal | Workspaces | Scope.Scope

/** Why a run ends before its first dispatch. */
export type NotPlanned = SettingFailed | RoomLacking | JournalFailed

/** What is dispatched, and the share of the bugs that it comes from. */
export interface Planned extends DispatchBasis {
  readonly share: Share
}

const plannedFrom = Effect.fn("run.plan")(function* (
  found: Found,
  turn: Turn
): Effect.fn.Return<Planned, NotPlanned, Services> {
  const { intake, open, options, seen } = found
  const missing = missingRunner(seen.runner)
  if (missing !== undefined) return yield* missing
  yield* Effect.flatten(PromptTemplate)
  const lacking = yield* Effect.flatMap(Room, (room) => room.lacking)
  if (lacking !== undefined) return yield* new RoomLacking({ detail: lacking })
  const share = yield* turn.share(found)
  const plan = yield* makePlan(share.intake, options.repository, seen.running, open, seen.ends)
  const assignments = yield* assign(seen.pool, plan)
  return {
    share,
    pool: seen.pool,
    running: seen.running,
    plan: { ...plan, skipped: [...share.skipped, ...plan.skipped] },
    assignments,
    issues: turn.readsBugs ? intake.issues : share.intake.issues
  }
})

/**
 * Plans, and gives each chosen bug a provider, while the trial worktree is made. Ends when both are done. If no worktree can be made,
 * it fails with that at once: no preflight is waited for.
 */
export const planned = (found: Found, turn: Turn): Effect.Effect<Planned, NotPlanned, Services> =>
  Effect.all([found.seen.workspace, Effect.either(plannedFrom(found, turn))], { concurrency: 2 }).pipe(
    Effect.flatMap(([, planned]) => planned)
  )
