import { DateTime, Option, Predicate } from "effect"
import type { Issue, IssueComment } from "../domain/Issue.ts"

/** What an issue's record says besides its description. */
export type IssueTexts = Pick<Issue, "acceptanceCriteria" | "comments" | "design" | "notes" | "unread">

/** A record with these fields of unknown shape. */
export interface TextFields {
  readonly acceptance_criteria?: unknown
  readonly design?: unknown
  readonly notes?: unknown
  readonly comments?: unknown
}

/** Milliseconds since the epoch; 0 for anything that is not a time. */
export const timeOf = (value: unknown): number =>
  Predicate.isString(value)
    ? Option.match(DateTime.make(value), { onNone: () => 0, onSome: DateTime.toEpochMillis })
    : 0

const commentOf = (record: unknown): IssueComment | undefined => {
  if (!Predicate.isRecord(record) || !Predicate.isString(record["text"])) return undefined
  const { author, created_at, text } = record
  return { author: Predicate.isString(author) ? author : "", createdAt: timeOf(created_at), text }
}

/** The comments, oldest first, and the number of those that cannot be read; `undefined` if `field` is no list of comments. */
const commentsIn = (field: unknown) => {
  if (field === undefined || field === null) return { comments: [], total: 0 }
  if (!Array.isArray(field)) return undefined
  const comments = field.map(commentOf).filter((comment) => comment !== undefined)
  return { comments: comments.toSorted((one, other) => one.createdAt - other.createdAt), total: field.length }
}

/**
 * The texts of a record. None of them decides whether the issue may be dispatched, so one that cannot be read makes no issue
 * malformed: `unread` names it.
 *
 * @example
 * issueTexts({ design: 7, comments: [{ text: "me too" }] }).unread // ["design"]
 */
export const issueTexts = (record: TextFields): IssueTexts => {
  const unread: Array<string> = []
  const textOf = (value: unknown, name: string): string => {
    if (Predicate.isString(value)) return value
    if (value !== undefined && value !== null) unread.push(name)
    return ""
  }
  const acceptanceCriteria = textOf(record.acceptance_criteria, "acceptance criteria")
  const design = textOf(record.design, "design")
  const notes = textOf(record.notes, "notes")
  const { comments, total } = commentsIn(record.comments) ?? { comments: [], total: undefined }
  if (total === undefined) unread.push("comments")
  else if (total > comments.length) unread.push(`${total - comments.length} of ${total} comments`)
  return { acceptanceCriteria, design, notes, comments, unread }
}
