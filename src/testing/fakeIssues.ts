import { Effect } from "effect"
import { ClaimFailed, TrackerFailed } from "../domain/Failure.ts"
import { BeadsId } from "../domain/Ids.ts"
import type { Actor } from "../domain/Actor.ts"
import { Claim, type Heartbeat, type Released } from "../domain/Claim.ts"
import { Issue, Priority } from "../domain/Issue.ts"

/** An issue in few words: an open, unassigned P1 bug unless it says otherwise. */
export interface FakeIssue {
  readonly id: string
  readonly title?: string
  readonly description?: string
  readonly status?: string
  readonly priority?: number
  readonly type?: string
  readonly assignee?: string | undefined
  readonly labels?: ReadonlyArray<string>
  /** Milliseconds since the epoch. */
  readonly createdAt?: number
  /** Milliseconds since the epoch. */
  readonly closedAt?: number | undefined
  /** Milliseconds since the epoch. */
  readonly deferUntil?: number | undefined
  /** Ids it waits for. One that is closed in this tracker no longer blocks. */
  readonly blockedBy?: ReadonlyArray<string>
}

/**
 * An `Issue` from a few words. Dies when the words make no issue.
 *
 * @example
 * const urgent = FakeBeads.issue({ id: "bd-1", priority: 0, labels: ["backend"] })
 */
export const issue = (fake: FakeIssue): Issue =>
  new Issue({
    title: `bug ${fake.id}`,
    description: "",
    status: "open",
    type: "bug",
    labels: [],
    createdAt: 0,
    blockedBy: [],
    ...fake,
    id: BeadsId.make(fake.id),
    priority: Priority.make(fake.priority ?? 1)
  })

/** The tracker's issues by id. */
export type Store = ReadonlyMap<string, Issue>
/** What a change answers, and the issue as it is afterwards when it changed. */
export type Decision<A, E> = readonly [answer: Effect.Effect<A, E>, changed?: Issue]

/** The failure of asking for an issue that is not there. */
export const noIssue = (operation: string, id: BeadsId) =>
  new TrackerFailed({ operation: `${operation} ${id}`, reason: "not_found", detail: "no such issue", blame: "tracker" })

const isOurs = (issue: Issue, actor: Actor) => issue.status === "in_progress" && issue.assignee === actor

/**
 * What a claim finds: an open issue that is nobody else's is taken, and one that is ours already stays ours. With
 * `leaseExpiresAt`, milliseconds since the epoch, the claim is a lease until then.
 */
export const claimIn = (
  all: Store,
  id: BeadsId,
  actor: Actor,
  leaseExpiresAt?: number
): Decision<Claim, ClaimFailed> => {
  const no = (reason: ClaimFailed["reason"], detail: string, holder?: string): Decision<Claim, ClaimFailed> => [
    Effect.fail(new ClaimFailed({ beads: id, reason, detail, holder }))
  ]
  const found = all.get(id)
  if (found === undefined) return no("missing", "no such issue")
  const { assignee, closedAt, status } = found
  if (status === "closed" || closedAt !== undefined) return no("not_open", "it is closed")
  if (assignee !== undefined && assignee !== actor) return no("held", `already claimed by ${assignee}`, assignee)
  if (status !== "open" && !isOurs(found, actor)) return no("not_open", `its status is ${status}`)
  return [
    Effect.succeed(new Claim({ id, actor, leaseExpiresAt })),
    new Issue({ ...found, status: "in_progress", assignee: actor, leaseExpiresAt })
  ]
}

/** What a heartbeat finds: the lease of a claim of this very actor lasts until `leaseExpiresAt`. */
export const heartbeatIn = (
  all: Store,
  id: BeadsId,
  actor: Actor,
  leaseExpiresAt?: number
): Decision<Heartbeat, never> => {
  const found = all.get(id)
  return found !== undefined && isOurs(found, actor)
    ? [Effect.succeed({ _tag: "Alive", leaseExpiresAt }), new Issue({ ...found, leaseExpiresAt })]
    : [Effect.succeed({ _tag: "NotOurs", holder: found?.assignee, status: found?.status ?? "missing" })]
}

/** What a release finds: only a claim of this very actor is given back. */
export const releaseIn = (all: Store, id: BeadsId, actor: Actor): Decision<Released, never> => {
  const found = all.get(id)
  return found !== undefined && isOurs(found, actor)
    ? [
        Effect.succeed({ _tag: "Released" }),
        new Issue({ ...found, status: "open", assignee: undefined, leaseExpiresAt: undefined })
      ]
    : [Effect.succeed({ _tag: "NotOurs", holder: found?.assignee, status: found?.status ?? "missing" })]
}

/** The issue with one more label. */
export const labelIn = (all: Store, id: BeadsId, label: string): Decision<void, TrackerFailed> => {
  const found = all.get(id)
  return found === undefined
    ? [Effect.fail(noIssue("label", id))]
    : [Effect.void, new Issue({ ...found, labels: [...new Set([...found.labels, label])] })]
}
