import { Either, Predicate } from "effect"
import type { IntakeFilter, Issue, MalformedIssue } from "../domain/Issue.ts"
import { readIssue, type IssueRow } from "./issueRecord.ts"

const isOtherThan = (row: unknown, key: string, isWanted: (value: string) => boolean): boolean => {
  const value = Predicate.hasProperty(row, key) ? row[key] : undefined
  return Predicate.isString(value) && value !== "" && !isWanted(value)
}

/** Whether a record has another status or type than the filter asks for. Accepts malformed records too. */
export const isOutside = (row: unknown, filter: IntakeFilter): boolean =>
  isOtherThan(row, "status", (status) => status === "open") ||
  isOtherThan(row, "issue_type", (type) => filter.types.includes(type))

/** Whether the issue is open and of the filter's types and priorities. */
export const isWanted = (issue: Issue, filter: IntakeFilter): boolean =>
  issue.status === "open" && filter.types.includes(issue.type) && issue.priority <= filter.maxPriority

/** The wanted issues, each once, and the records that cannot be read as an issue. */
export const intakeOf = (
  rows: ReadonlyArray<unknown>,
  filter: IntakeFilter
): { readonly candidates: ReadonlyArray<IssueRow>; readonly malformed: ReadonlyArray<MalformedIssue> } => {
  const candidates = new Map<string, IssueRow>()
  const malformed: Array<MalformedIssue> = []
  for (const [position, row] of rows.entries()) {
    if (isOutside(row, filter)) continue
    const read = readIssue(row, position)
    if (Either.isLeft(read)) malformed.push(read.left)
    else if (isWanted(read.right.issue, filter)) candidates.set(read.right.issue.id, read.right)
  }
  return { candidates: [...candidates.values()], malformed }
}
