import { Array as Arr, Either, Option, Predicate, Schema } from "effect"
import { MalformedIssue, Priority, type IntakeFilter, type Issue, type OpenIssues } from "../domain/Issue.ts"
import { readIssue, type IssueRow } from "./issueRecord.ts"

const valueOf = (row: unknown, key: string): unknown => (Predicate.hasProperty(row, key) ? row[key] : undefined)

const isOtherThan = (row: unknown, key: string, isWanted: (value: string) => boolean): boolean => {
  const value = valueOf(row, key)
  return Predicate.isString(value) && value !== "" && !isWanted(value)
}

/** Whether a record has another status or type than the filter asks for. Accepts malformed records too. */
export const isOutside = (row: unknown, filter: IntakeFilter): boolean =>
  isOtherThan(row, "status", (status) => status === "open") ||
  isOtherThan(row, "issue_type", (type) => filter.types.includes(type))

/**
 * Whether the issue is open and of the filter's types and priorities.
 *
 * @example
 * const wanted = issues.filter((issue) => isWanted(issue, settings.intake))
 */
export const isWanted = (issue: Pick<Issue, "priority" | "status" | "type">, filter: IntakeFilter): boolean =>
  issue.status === "open" && filter.types.includes(issue.type) && issue.priority <= filter.maxPriority

const isLessUrgent = (row: unknown, { maxPriority }: IntakeFilter): boolean =>
  Option.exists(Schema.decodeUnknownOption(Priority)(valueOf(row, "priority")), (priority) => priority > maxPriority)

/**
 * What a run hears of a record that cannot be read: nothing if it has another status or type than the filter asks for. It may
 * be wanted unless it is surely of another priority: what it does not say is unknown. `versions`: the record as far as it can
 * be read, in each of its versions.
 */
export const malformedIn = (
  versions: ReadonlyArray<unknown>,
  { label, problem }: MalformedIssue,
  filter: IntakeFilter
): ReadonlyArray<MalformedIssue> => {
  const inside = versions.filter((row) => !isOutside(row, filter))
  const mayBeWanted = inside.some((row) => !isLessUrgent(row, filter))
  return inside.length === 0 ? [] : [new MalformedIssue({ label, problem, mayBeWanted })]
}

/**
 * How many open issues are of other types or priorities than the filter's, for each type and priority.
 *
 * @example
 * new Intake({ issues: [], malformed: [], others: othersIn(issues, settings.intake) })
 */
export const othersIn = (issues: Iterable<Issue>, filter: IntakeFilter): ReadonlyArray<OpenIssues> => {
  const others = [...issues].filter((issue) => issue.status === "open" && !isWanted(issue, filter))
  const groups = Arr.groupBy(others, ({ priority, type }) => `${priority} ${type}`)
  return Object.values(groups).map(([{ priority, type }, ...rest]) => ({ type, priority, count: rest.length + 1 }))
}

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
    if (Either.isLeft(read)) malformed.push(...malformedIn([row], read.left, filter))
    else if (isWanted(read.right.fields, filter)) candidates.set(read.right.fields.id, read.right)
  }
  return { candidates: [...candidates.values()], malformed }
}
