import { ClaimFailed } from "../domain/Failure.ts"
import type { Actor } from "../domain/Actor.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import type { NotOurs } from "../domain/Claim.ts"

/**
 * What an issue's record means to one actor.
 * - `Ours`: in progress, assigned to the actor, not closed.
 * - `Reopened`: like `Ours`, but with a closing date, because bd up to 1.0.3 lets an actor claim a closed issue.
 * - `Free`: open, and unassigned or assigned to the actor.
 * - `Unavailable`: the actor cannot claim it; `failure` says why.
 */
export type ClaimState =
  | { readonly _tag: "Ours"; readonly leaseExpiresAt: number | undefined }
  | { readonly _tag: "Reopened" }
  | { readonly _tag: "Free" }
  | { readonly _tag: "Unavailable"; readonly failure: ClaimFailed }

/**
 * What the issue means to this actor: the rule by which each layer of `BeadsCli` decides, before a claim and after it. `undefined`
 * stands for an issue that the tracker does not have.
 *
 * @example
 * const state = claimStateOf(id, issue, actor)
 * if (state._tag === "Unavailable") return yield* state.failure
 */
export const claimStateOf = (beads: BeadsId, issue: Issue | undefined, actor: Actor): ClaimState => {
  const unavailable = (reason: ClaimFailed["reason"], detail: string, holder?: string): ClaimState => ({
    _tag: "Unavailable",
    failure: new ClaimFailed({ beads, reason, detail, holder })
  })
  if (issue === undefined) return unavailable("missing", "there is no such issue")
  const { assignee, closedAt, leaseExpiresAt, status } = issue
  const assignedToActor = assignee === actor
  if (assignedToActor && status === "in_progress") {
    return closedAt === undefined ? { _tag: "Ours", leaseExpiresAt } : { _tag: "Reopened" }
  }
  if (status === "closed" || closedAt !== undefined) return unavailable("not_open", "it is closed")
  if (assignee !== undefined && !assignedToActor) return unavailable("held", `already claimed by ${assignee}`, assignee)
  return status === "open" ? { _tag: "Free" } : unavailable("not_open", `its status is ${status}`)
}

/**
 * Whether the issue is in progress, assigned to the actor and not closed.
 *
 * @example
 * const mayRelease = isOurs(id, issue, actor)
 */
export const isOurs = (beads: BeadsId, issue: Issue | undefined, actor: Actor): boolean =>
  claimStateOf(beads, issue, actor)._tag === "Ours"

/**
 * The answer of `release` and `heartbeat` for an issue that the actor does not hold. `undefined` stands for a missing issue.
 *
 * @example
 * notOurs(undefined) // { _tag: "NotOurs", holder: undefined, status: "missing" }
 */
export const notOurs = (issue: Issue | undefined): NotOurs => ({
  _tag: "NotOurs",
  holder: issue?.assignee,
  status: issue?.status ?? "missing"
})
