import { Effect } from "effect"
import { claimStateOf, isOurs, notOurs } from "../beads/claimState.ts"
import { ClaimFailed, TrackerFailed } from "../domain/Failure.ts"
import { BeadsId } from "../domain/Ids.ts"
import type { Actor } from "../domain/Actor.ts"
import { Claim, type NotOurs } from "../domain/Claim.ts"
import { Issue, Priority, type IssueComment } from "../domain/Issue.ts"

/**
 * An issue in short. Default: open, unassigned, a bug of priority 1, with a title of its own: no two are duplicates. A closed issue of this tracker blocks no other, also
 * if `blockedBy` names it.
 */
export interface FakeIssue extends Partial<Omit<typeof Issue.Encoded, "id" | "leaseExpiresAt">> {
  readonly id: string
}

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

/** The id in letters. Numbers and hashes do not count when bugs are compared, so titles with ids would be those of duplicates. */
const spelled = (id: string): string =>
  id.replace(/[-.\d]/g, (sign) => (sign === "-" ? "_" : sign === "." ? "_dot" : `_${DIGITS[Number(sign)] ?? ""}`))

/**
 * Completes a `FakeIssue` to an `Issue`. Dies if a field is not valid.
 *
 * @example
 * const urgent = FakeBeads.issue({ id: "bd-1", priority: 0, labels: ["backend"] })
 */
export const issue = (fake: FakeIssue): Issue =>
  new Issue({
    title: `bug ${spelled(fake.id)}`,
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
/** The answer to a call, and the issue's new version if the call changes it. */
export type Decision<A, E> = readonly [answer: Effect.Effect<A, E>, changed?: Issue]

/** The failure of a label or comment for an issue that the tracker does not have. */
const noIssue = (operation: string, id: BeadsId) =>
  new TrackerFailed({ operation: `${operation} ${id}`, reason: "not_found", detail: "no such issue", blame: "tracker" })

/**
 * Claims a free issue. A claim that the actor already holds succeeds. The claim is a lease if `leaseExpiresAt`,
 * milliseconds since the epoch, is given.
 */
export const claimIn = (
  all: Store,
  id: BeadsId,
  actor: Actor,
  leaseExpiresAt?: number
): Decision<Claim, ClaimFailed> => {
  const found = all.get(id)
  const state = claimStateOf(id, found, actor)
  if (state._tag === "Unavailable") return [Effect.fail(state.failure)]
  if (state._tag === "Reopened" || found === undefined) {
    return [Effect.fail(new ClaimFailed({ beads: id, reason: "not_open", detail: "it is closed" }))]
  }
  return [
    Effect.succeed(new Claim({ id, actor, leaseExpiresAt })),
    new Issue({ ...found, status: "in_progress", assignee: actor, leaseExpiresAt })
  ]
}

/** Answers and changes the issue if the actor holds its claim. */
const ifOurs = <A>(
  all: Store,
  id: BeadsId,
  actor: Actor,
  answer: A,
  change: Partial<Issue>
): Decision<A | NotOurs, never> => {
  const found = all.get(id)
  return found !== undefined && isOurs(id, found, actor)
    ? [Effect.succeed(answer), new Issue({ ...found, ...change })]
    : [Effect.succeed(notOurs(found))]
}

/** Renews the lease of the actor's claim until `leaseExpiresAt`. */
export const heartbeatIn = (all: Store, id: BeadsId, actor: Actor, leaseExpiresAt?: number) =>
  ifOurs(all, id, actor, { _tag: "Alive" as const, leaseExpiresAt }, { leaseExpiresAt })

/** Releases the actor's claim. */
export const releaseIn = (all: Store, id: BeadsId, actor: Actor) => {
  const free = { status: "open", assignee: undefined, leaseExpiresAt: undefined }
  return ifOurs(all, id, actor, { _tag: "Released" as const }, free)
}

/** Adds a label. */
export const labelIn = (all: Store, id: BeadsId, label: string): Decision<void, TrackerFailed> => {
  const found = all.get(id)
  return found === undefined
    ? [Effect.fail(noIssue("label", id))]
    : [Effect.void, new Issue({ ...found, labels: [...new Set([...found.labels, label])] })]
}

/** Removes a label. */
export const unlabelIn = (all: Store, id: BeadsId, label: string): Decision<void, TrackerFailed> => {
  const found = all.get(id)
  return found === undefined
    ? [Effect.fail(noIssue("unlabel", id))]
    : [Effect.void, new Issue({ ...found, labels: found.labels.filter((each) => each !== label) })]
}

/** Closes an issue. `closedAt`: milliseconds since the epoch. */
export const closeIn = (all: Store, id: BeadsId, closedAt: number): Decision<void, TrackerFailed> => {
  const found = all.get(id)
  if (found === undefined) return [Effect.fail(noIssue("close", id))]
  if (found.status === "closed") return [Effect.void]
  return [Effect.void, new Issue({ ...found, status: "closed", closedAt, leaseExpiresAt: undefined })]
}

/** Adds a comment. */
export const commentIn = (all: Store, id: BeadsId, comment: IssueComment): Decision<void, TrackerFailed> => {
  const found = all.get(id)
  return found === undefined
    ? [Effect.fail(noIssue("comment", id))]
    : [Effect.void, new Issue({ ...found, comments: [...found.comments, comment] })]
}
