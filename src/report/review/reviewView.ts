import { Schema } from "effect"
import { AttemptEnd, Verified } from "../../domain/Attempt.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { JobResult } from "../../domain/JobResult.ts"
import type { Issue } from "../../domain/Issue.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { PushedWork } from "../../domain/PushedWork.ts"
import { oneLine } from "../../domain/Text.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import type { KeptFacts } from "../../workspace/KeptWork.ts"

/**
 * Work that waits for a person. What is not known is missing.
 *
 * @example
 * ({ beads, result }: typeof WaitingWork.Type) => `${beads} ${result?.url ?? "is on this host"}`
 */
export const WaitingWork = Schema.Struct({
  beads: BeadsId,
  title: Schema.optional(Schema.String),
  priority: Schema.optional(Schema.Int),
  /** The tracker's word: a bug may be closed although its work is not merged. */
  status: Schema.optional(Schema.String),
  /** Who holds the bug now. */
  assignee: Schema.optional(Schema.String),
  /** Whether the bug has the review label. */
  label: Schema.optional(Schema.Boolean),
  /** The other host that clone, branch and worktree are on; absent: they are on this one. */
  host: Schema.optional(Schema.String),
  provider: Schema.optional(Schema.String),
  /** When the job ended. Milliseconds since the epoch. */
  endedAt: Schema.optional(Schema.JsonNumber),
  /** How long the job ran, in milliseconds. */
  durationMs: Schema.optional(Schema.JsonNumber),
  verified: Schema.optional(Verified),
  end: Schema.optional(AttemptEnd),
  /** How it ended, in words. */
  detail: Schema.optional(Schema.String),
  /** What the job made elsewhere: a person decides about it there. */
  result: Schema.optional(JobResult),
  repository: Schema.optional(Schema.String),
  branch: Schema.optional(Schema.String),
  /** What became of the push of the branch; absent if none was tried. */
  pushed: Schema.optional(PushedWork),
  worktree: Schema.optional(Schema.String),
  base: Schema.optional(Schema.String),
  branchState: Schema.Literal("exists", "deleted", "unknown"),
  merged: Schema.Literal("yes", "no", "unknown"),
  worktreeState: Schema.Literal("there", "gone", "not ours", "unknown"),
  commits: Schema.optional(
    Schema.Array(Schema.Struct({ hash: Schema.String, subject: Schema.String, at: Schema.JsonNumber }))
  ),
  files: Schema.optional(Schema.Int),
  insertions: Schema.optional(Schema.Int),
  deletions: Schema.optional(Schema.Int),
  /** Files in the worktree that are changed and not committed. */
  uncommitted: Schema.optional(Schema.Int),
  /** The last line of the agent's log. */
  lastWords: Schema.optional(Schema.String),
  /** Why something of this is missing. */
  why: Schema.optional(Schema.String)
})
export type WaitingWork = typeof WaitingWork.Type

/**
 * What `review` prints as JSON: the work that waits, oldest first.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(ReviewView))(json) // what `review --json` printed
 */
export const ReviewView = Schema.Struct({
  waiting: Schema.Array(WaitingWork),
  /** What could not be read: one sentence each. */
  unknown: Schema.Array(Schema.String)
})
export type ReviewView = typeof ReviewView.Type

/** What is known of one bug's work. */
export interface WorkInput {
  readonly beads: BeadsId
  /** `undefined` if the tracker does not have it, or cannot be asked. */
  readonly issue: Issue | undefined
  /** `undefined` if the journal knows no attempt that left work. `unread`: the journal cannot be read. */
  readonly attempt: AttemptFacts | "unread" | undefined
  /** The other host that the work is on. */
  readonly host?: string | undefined
  /** `undefined` if there is no branch, if it is on another host, or if git did not answer in time. */
  readonly facts: KeptFacts | undefined
  readonly lastWords: string | undefined
}

const ofIssue = ({ issue }: WorkInput) =>
  issue === undefined
    ? {}
    : {
        title: oneLine(issue.title, 200),
        priority: issue.priority,
        status: oneLine(issue.status, 40),
        assignee: issue.assignee === undefined ? undefined : oneLine(issue.assignee, 200),
        label: issue.labels.includes(REVIEW_LABEL)
      }

/** Why nothing is known of the work's branch. */
const NO_ATTEMPT = "the journal of this host knows no attempt that left this work"
const UNREAD = "the journal cannot be read"

const ofAttempt = ({ attempt }: WorkInput) =>
  attempt === undefined || attempt === "unread"
    ? { why: attempt === "unread" ? UNREAD : NO_ATTEMPT }
    : {
        provider: attempt.provider,
        endedAt: attempt.changed,
        durationMs: attempt.durationMs,
        verified: attempt.verified ?? ("none" as const),
        end: attempt.end,
        detail: attempt.detail === undefined ? undefined : oneLine(attempt.detail, 500),
        result: attempt.result,
        repository: attempt.repository,
        branch: attempt.branch,
        pushed: attempt.pushed,
        worktree: attempt.worktree
      }

const ofFacts = ({ attempt, facts, host }: WorkInput) => {
  if (facts === undefined) {
    const why =
      attempt === undefined || attempt === "unread" || host !== undefined
        ? undefined
        : attempt.branch === undefined
          ? attempt.result === undefined
            ? "it has no branch"
            : undefined
          : "git did not answer"
    return {
      branchState: "unknown",
      merged: "unknown",
      worktreeState: "unknown",
      ...(why === undefined ? {} : { why })
    } as const
  }
  const { branch: branchState, tip: _, worktree: worktreeState, ...others } = facts
  return {
    ...others,
    branchState,
    worktreeState,
    // Of an attempt without a commit nothing can have been merged, although the base has all of its branch.
    merged: attempt !== undefined && attempt !== "unread" && attempt.commits === 0 ? "no" : facts.merged,
    commits: facts.commits?.map((commit) => ({ ...commit, subject: oneLine(commit.subject, 200) })),
    why: facts.why === undefined ? undefined : oneLine(facts.why)
  }
}

/** One bug's work as it is shown. */
export const waitingWork = (input: WorkInput): WaitingWork => ({
  beads: input.beads,
  ...(input.host === undefined ? {} : { host: input.host }),
  ...ofIssue(input),
  ...ofAttempt(input),
  ...ofFacts(input),
  lastWords: input.lastWords === undefined ? undefined : oneLine(input.lastWords, 300)
})

/** Whether a person decides about the work where it is, and closes the bug then. */
const isElsewhere = ({ attempt }: WorkInput): boolean =>
  attempt !== undefined && attempt !== "unread" && attempt.result !== undefined

/** Whether nothing is left for a person: the bug is closed, and the base has its work or this host has none of it. */
const isOver = (work: WorkInput): boolean =>
  work.issue?.status === "closed" && (work.facts?.merged === "yes" || isElsewhere(work))

/**
 * The work that waits, oldest first.
 *
 * @example
 * reviewView(yield* gatherReview).waiting.map(({ beads }) => beads)
 */
export const reviewView = (input: {
  readonly works: ReadonlyArray<WorkInput>
  readonly unknown: ReadonlyArray<string>
}): ReviewView => ({
  waiting: input.works
    .filter((work) => !isOver(work))
    .map(waitingWork)
    .toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || (a.beads < b.beads ? -1 : 1)),
  unknown: input.unknown.map((text) => oneLine(text, 1000))
})
