import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"

/**
 * Beads' priority: 0 is the most urgent, 4 the least.
 *
 * @example
 * Priority.make(0)
 */
export const Priority = Schema.Int.pipe(Schema.between(0, 4), Schema.brand("Priority"))
export type Priority = typeof Priority.Type

/**
 * What somebody wrote about an issue after it was filed.
 *
 * @example
 * IssueComment.make({ author: "alice", createdAt: now, text: "Also with discounts" })
 */
export const IssueComment = Schema.Struct({
  /** The tracker's word for who wrote it; may be empty. */
  author: Schema.String,
  /** Milliseconds since the epoch; 0 if the tracker gave none. */
  createdAt: Schema.JsonNumber,
  text: Schema.String
})
export type IssueComment = typeof IssueComment.Type

/** Every comment of the dispatcher itself begins with this. Its author does not tell: agents comment under the same actor. */
export const OWN_COMMENT = "nightly-dispatch: "

const noText = Schema.optionalWith(Schema.String, { exact: true, default: () => "" })

/**
 * An issue as the tracker holds it, reduced to what a dispatch needs.
 *
 * @example
 * new Issue({
 *   id: BeadsId.make("bd-1"),
 *   title: "Login fails",
 *   description: "TypeError: x is undefined",
 *   status: "open",
 *   priority: Priority.make(1),
 *   type: "bug",
 *   labels: [],
 *   createdAt: 1_795_316_400_000,
 *   blockedBy: []
 * })
 */
export class Issue extends Schema.Class<Issue>("Issue")({
  id: BeadsId,
  title: Schema.String,
  description: Schema.String,
  acceptanceCriteria: noText,
  design: noText,
  notes: noText,
  /** Oldest first. Empty unless the tracker was asked for them: see `BeadsCli.show`. */
  comments: Schema.optionalWith(Schema.Array(IssueComment), { exact: true, default: () => [] }),
  /** The parts of its record that could not be read, in words: `design`, `2 of 5 comments`. The fields above lack them. */
  unread: Schema.optionalWith(Schema.Array(Schema.String), { exact: true, default: () => [] }),
  /** The file that holds its record; `undefined` if `bd show` prints it. */
  file: Schema.optional(Schema.String),
  /** `open`, `in_progress`, `blocked`, `deferred`, `closed` or a custom status; the tracker's own word. */
  status: Schema.String,
  priority: Priority,
  type: Schema.String,
  /** The actor that holds the claim; `undefined` if there is none. An open issue may have one too. */
  assignee: Schema.optional(Schema.String),
  labels: Schema.Array(Schema.String),
  /** Milliseconds since the epoch; 0 if the tracker gave none. */
  createdAt: Schema.JsonNumber,
  /** Milliseconds since the epoch. Still set after a claim has changed the status of a closed issue. */
  closedAt: Schema.optional(Schema.JsonNumber),
  /** Milliseconds since the epoch before which the issue must not be dispatched. */
  deferUntil: Schema.optional(Schema.JsonNumber),
  /** Milliseconds since the epoch at which the holder's lease ends; `undefined` if claims do not expire. */
  leaseExpiresAt: Schema.optional(Schema.JsonNumber),
  /** What the record is if it is no work: `ephemeral`, `wisp`, `template` or `pinned`. `bd ready` leaves such issues out. */
  notWork: Schema.optional(Schema.Literal("ephemeral", "wisp", "template", "pinned")),
  /** The open issues that block this one. Plain strings, because they may be ids of other trackers. */
  blockedBy: Schema.Array(Schema.String)
}) {}

/**
 * A record in the tracker's answer that is not a valid issue, and its problem.
 *
 * @example
 * new MalformedIssue({ label: "#3", problem: "the title is missing" }).mayBeWanted // true
 */
export class MalformedIssue extends Schema.Class<MalformedIssue>("MalformedIssue")({
  /** The record's own id if it has one, made safe for a log; else its position, e.g. `#3`. */
  label: Schema.String,
  problem: Schema.String,
  /** Whether it may be an open issue of the wanted types and priorities. Default `true`: what is unknown may be wanted. */
  mayBeWanted: Schema.Boolean.pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => true)
  )
}) {}

/**
 * Open issues of one type and priority, and their number.
 *
 * @example
 * OpenIssues.make({ type: "bug", priority: Priority.make(2), count: 7 })
 */
export const OpenIssues = Schema.Struct({ type: Schema.String, priority: Priority, count: Schema.Int })
export type OpenIssues = typeof OpenIssues.Type

/**
 * The tracker's answer for open bugs: the issues, and the records that could not be read.
 *
 * @example
 * new Intake({ issues: [issue], malformed: [] })
 */
export class Intake extends Schema.Class<Intake>("Intake")({
  issues: Schema.Array(Issue),
  malformed: Schema.Array(MalformedIssue),
  /** The open issues of other types and priorities. Only with no issue and no malformed record; `undefined` if unknown. */
  others: Schema.optional(Schema.Array(OpenIssues))
}) {}

/** Which issues a run asks the tracker for. */
export interface IntakeFilter {
  readonly types: ReadonlyArray<string>
  /** The least urgent priority that is taken: 1 takes P0 and P1. */
  readonly maxPriority: Priority
}
