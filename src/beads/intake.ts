import { Either, Predicate } from "effect"
import type { IntakeFilter, Issue, MalformedIssue } from "../domain/Issue.ts"
import { readIssue, type IssueRow } from "./issueRecord.ts"

const saysElse = (row: unknown, key: string, isWanted: (value: string) => boolean): boolean => {
  const value = Predicate.hasProperty(row, key) ? row[key] : undefined
  return Predicate.isString(value) && value !== "" && !isWanted(value)
}

/** Whether a record says of itself that it is not what was asked for, malformed or not. */
export const isElse = (row: unknown, filter: IntakeFilter): boolean =>
  saysElse(row, "status", (status) => status === "open") ||
  saysElse(row, "issue_type", (type) => filter.types.includes(type))

/** Whether an issue is what was asked for. */
export const isWanted = (issue: Issue, filter: IntakeFilter): boolean =>
  issue.status === "open" && filter.types.includes(issue.type) && issue.priority <= filter.maxPriority

/** The open issues of the wanted types and priorities, each once, and beside them the records that are no issues. */
export const intakeOf = (
  rows: ReadonlyArray<unknown>,
  filter: IntakeFilter
): { readonly candidates: ReadonlyArray<IssueRow>; readonly malformed: ReadonlyArray<MalformedIssue> } => {
  const candidates = new Map<string, IssueRow>()
  const malformed: Array<MalformedIssue> = []
  for (const [position, row] of rows.entries()) {
    if (isElse(row, filter)) continue
    const read = readIssue(row, position)
    if (Either.isLeft(read)) {
      malformed.push(read.left)
      continue
    }
    const { issue } = read.right
    if (isWanted(issue, filter)) candidates.set(issue.id, read.right)
  }
  return { candidates: [...candidates.values()], malformed }
}
