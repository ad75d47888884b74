import { Effect } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Intake } from "../domain/Issue.ts"
import { RoomLacking, type SettingFailed } from "../domain/RunEnd.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { Room } from "../host/Room.ts"
import type { Journal } from "../journal/Journal.ts"
import { PromptTemplate } from "../prompt/template.ts"
import type { DxRunner } from "../runner/DxRunner.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import type { DispatchBasis } from "./dispatchPlan.ts"
import type { Seen } from "./plan/look.ts"
import { makePlan } from "./plan/makePlan.ts"
import { missingRunner } from "./plan/missingRunner.ts"
import { assign } from "./providers/assign.ts"

type Services = BeadsCli | DxRunner | Journal | Workspaces

/** Why a run ends before its first dispatch. */
export type NotPlanned = SettingFailed | RoomLacking | JournalFailed

const plannedFrom = Effect.fn("run.plan")(function* (
  seen: Seen,
  intake: Intake,
  { repository }: RunOptions,
  open: ReadonlySet<BeadsId>
): Effect.fn.Return<DispatchBasis, NotPlanned, Services> {
  const missing = missingRunner(seen.runner)
  if (missing !== undefined) return yield* missing
  yield* Effect.flatten(PromptTemplate)
  const lacking = yield* Effect.flatMap(Room, (room) => room.lacking)
  if (lacking !== undefined) return yield* new RoomLacking({ detail: lacking })
  const plan = yield* makePlan(intake, repository, seen.running, open, seen.ends)
  const assignments = yield* assign(seen.pool, plan)
  return { pool: seen.pool, running: seen.running, plan, assignments, issues: intake.issues }
})

/**
 * Plans, and gives each chosen bug a provider, while the trial worktree is made. Ends when both are done. If no worktree can be made,
 * it fails with that at once: no preflight is waited for.
 */
export const planned = (
  ...[seen, ...args]: Parameters<typeof plannedFrom>
): Effect.Effect<DispatchBasis, NotPlanned, Services> =>
  Effect.all([seen.workspace, Effect.either(plannedFrom(seen, ...args))], { concurrency: 2 }).pipe(
    Effect.flatMap(([, found]) => found)
  )
