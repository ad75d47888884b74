import { ClaimFailed } from "../domain/Failure.ts"
import type { Actor } from "../domain/Actor.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import type { NotOurs } from "../domain/Claim.ts"

/**
 * How an issue stands towards an actor. `Ours`: in progress, assigned to it and not closed. `Resurrected`: ours, and
 * yet with a closing date: it was closed and a claim took it (bd up to 1.0.3 lets that happen). `Free`: open and
 * nobody's, or assigned to the actor already. `Lost`: it cannot be claimed, and why.
 */
export type Standing =
  | { readonly _tag: "Ours"; readonly leaseExpiresAt: number | undefined }
  | { readonly _tag: "Resurrected" }
  | { readonly _tag: "Free" }
  | { readonly _tag: "Lost"; readonly failure: ClaimFailed }

const lost = (
  beads: BeadsId,
  reason: ClaimFailed["reason"],
  detail: string,
  holder?: string
): { readonly _tag: "Lost"; readonly failure: ClaimFailed } => ({
  _tag: "Lost",
  failure: new ClaimFailed({ beads, reason, detail, holder })
})

/** Decides it from what was read, and from nothing else. */
export const standingOf = (beads: BeadsId, issue: Issue | undefined, actor: Actor): Standing => {
  if (issue === undefined) return lost(beads, "missing", "there is no such issue")
  const ours = issue.assignee === actor
  if (ours && issue.status === "in_progress") {
    return issue.closedAt === undefined
      ? { _tag: "Ours", leaseExpiresAt: issue.leaseExpiresAt }
      : { _tag: "Resurrected" }
  }
  if (issue.status === "closed" || issue.closedAt !== undefined) return lost(beads, "not_open", "it is closed")
  if (issue.assignee !== undefined && !ours) {
    return lost(beads, "held", `already claimed by ${issue.assignee}`, issue.assignee)
  }
  return issue.status === "open" ? { _tag: "Free" } : lost(beads, "not_open", `its status is ${issue.status}`)
}

/** What a release or a heartbeat answers for an issue that is not the actor's. */
export const notOurs = (issue: Issue | undefined): NotOurs => ({
  _tag: "NotOurs",
  holder: issue?.assignee,
  status: issue?.status ?? "missing"
})
