import { parseActor } from "./Actor.ts"
import type { Issue } from "./Issue.ts"
import { REVIEW_LABEL, type SkipReason } from "./Outcome.ts"
import type { Settings } from "./Settings.ts"

/** Why a bug is left alone: the reason for monitoring, and the detail for a person. */
export type Ineligible = readonly [reason: SkipReason, detail: string]

/** A reopened bug keeps its old holder, and bd then lets no other actor claim it: a person has to free it. */
const assignment = ({ id, status }: Issue, holder: string): string => {
  if (status !== "open") return `assigned to ${holder}`
  const attempt = parseActor(holder)
  const whose = attempt === undefined ? holder : `${holder}, an earlier attempt on host ${attempt.host}`
  return `open, but still assigned to ${whose}. If its work has ended, free it: bd update ${id} -a ""`
}

const NOT_WORK: Readonly<Record<NonNullable<Issue["notWork"]>, string>> = {
  ephemeral: "ephemeral, so bd ready leaves it out too",
  wisp: "a wisp, so bd ready leaves it out too",
  template: "a template, so bd ready leaves it out too",
  pinned: "pinned, so bd ready leaves it out too"
}

/**
 * Why this issue must not be dispatched; `undefined` if it may be. Checked by the plan, and again on the issue as re-read
 * right before its claim.
 *
 * @example
 * ineligible(issue, settings.intake, now, new Set()) // ["blocked", "waits for bd-2"]
 */
export const ineligible = (
  issue: Issue,
  intake: Settings["intake"],
  now: number,
  running: ReadonlySet<string>
): Ineligible | undefined => {
  if (!intake.types.includes(issue.type)) return ["type", `a ${issue.type}, not ${intake.types.join(" or ")}`]
  if (issue.priority > intake.maxPriority) return ["priority", `P${issue.priority}, taken up to P${intake.maxPriority}`]
  if (running.has(issue.id)) return ["running", "a job for it is running"]
  if (issue.notWork !== undefined) return ["not_work", NOT_WORK[issue.notWork]]
  if (issue.closedAt !== undefined) return ["not_open", "closed"]
  if (issue.assignee !== undefined) return ["assigned", assignment(issue, issue.assignee)]
  if (issue.status !== "open") return ["not_open", `status ${issue.status}`]
  if (issue.blockedBy.length > 0) return ["blocked", `waits for ${issue.blockedBy.join(", ")}`]
  if (issue.deferUntil !== undefined && issue.deferUntil > now) return ["deferred", "deferred to a later time"]
  const excluded = issue.labels.find((label) => intake.excludeLabels.includes(label))
  if (excluded !== undefined) return ["label", `label ${excluded} is excluded`]
  if (intake.includeLabels.length > 0 && !issue.labels.some((label) => intake.includeLabels.includes(label))) {
    return ["label", `none of the labels ${intake.includeLabels.join(", ")}`]
  }
  if (issue.labels.includes(REVIEW_LABEL)) {
    return ["awaiting_review", `its work waits for review (label ${REVIEW_LABEL})`]
  }
  return undefined
}
