import { Either, Predicate } from "effect"
import { randomUUID } from "node:crypto"
import { ClaimFailed, type TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Claim, type Released } from "../../domain/Claim.ts"
import { claimStateOf, isOurs, notOurs } from "../claimState.ts"
import { noSuchIssue } from "../noSuchIssue.ts"
import { appendElement, memberText, type Edits } from "./edit.ts"
import type { Entry } from "./issues.ts"
import type { JsonlFile } from "./lines.ts"

/** Decides one change from the issue as the file has it: the answer and, if the line changes, its edits. `now` is ISO 8601. */
export type Decide<A, E = never> = (
  entry: Entry | undefined,
  now: string,
  file: JsonlFile
) => Either.Either<readonly [answer: A, edits?: Edits], E>

/** Claims a free issue. A claim that the actor already holds succeeds without a change. */
export const claim =
  (id: BeadsId, actor: Actor): Decide<Claim, ClaimFailed> =>
  (entry) => {
    const state = claimStateOf(id, entry?.issue, actor)
    switch (state._tag) {
      case "Ours":
        return Either.right([new Claim({ id, actor })])
      case "Free":
        return Either.right([new Claim({ id, actor }), { status: '"in_progress"', assignee: JSON.stringify(actor) }])
      case "Reopened":
        return Either.left(new ClaimFailed({ beads: id, reason: "not_open", detail: "it is closed" }))
      case "Unavailable":
        return Either.left(state.failure)
    }
  }

/** Releases the actor's claim. */
export const release =
  (id: BeadsId, actor: Actor): Decide<Released> =>
  (entry) =>
    Either.right(
      isOurs(id, entry?.issue, actor)
        ? [{ _tag: "Released" }, { status: '"open"', assignee: undefined }]
        : [notOurs(entry?.issue)]
    )

/** Adds a label that the issue does not have. */
export const label =
  (operation: string, label: string): Decide<void, TrackerFailed> =>
  (entry) => {
    if (entry === undefined) return Either.left(noSuchIssue(operation))
    if (entry.issue.labels.includes(label)) return Either.right([undefined])
    const labels = appendElement(memberText(entry.text, "labels"), JSON.stringify(label))
    return Either.right([undefined, { labels }])
  }

/** Removes a label that the issue has. */
export const unlabel =
  (operation: string, label: string): Decide<void, TrackerFailed> =>
  (entry) => {
    if (entry === undefined) return Either.left(noSuchIssue(operation))
    const { labels } = entry.issue
    if (!labels.includes(label)) return Either.right([undefined])
    return Either.right([undefined, { labels: JSON.stringify(labels.filter((each) => each !== label)) }])
  }

/** Closes an issue that is not closed. As with bd, its assignee stays. */
export const close =
  (operation: string, reason: string): Decide<void, TrackerFailed> =>
  (entry, now) => {
    if (entry === undefined) return Either.left(noSuchIssue(operation))
    if (entry.issue.status === "closed") return Either.right([undefined])
    const closed = { status: '"closed"', closed_at: JSON.stringify(now), close_reason: JSON.stringify(reason) }
    return Either.right([undefined, closed])
  }

const idIn = (comment: unknown): unknown => (Predicate.hasProperty(comment, "id") ? comment.id : undefined)

/** Whether a comment of the file has a string as its id. bd writes UUIDs since 0.62, and numbers before. */
const hasStringIds = (file: JsonlFile): boolean =>
  file.mayBegin("comments").some((position) => {
    const line = file.line(position)
    const comments = line._tag === "Issue" ? line.row["comments"] : undefined
    return Array.isArray(comments) && comments.some((comment) => Predicate.isString(idIn(comment)))
  })

/** Adds a comment. Its id is like those in the file, because a bd imports only one kind: a UUID, or the next free number. */
export const comment =
  (operation: string, author: Actor, text: string): Decide<void, TrackerFailed> =>
  (entry, now, file) => {
    if (entry === undefined) return Either.left(noSuchIssue(operation))
    const comments = memberText(entry.text, "comments")
    const numbers = [...(comments ?? "").matchAll(/"id"\s*:\s*(\d{1,9})\b/g)].map(([, number]) => Number(number))
    const highest = numbers.reduce((one, other) => Math.max(one, other), 0)
    const id = hasStringIds(file) ? randomUUID() : highest + 1
    const added = { id, issue_id: entry.issue.id, author, text, created_at: now }
    return Either.right([undefined, { comments: appendElement(comments, JSON.stringify(added)) }])
  }
