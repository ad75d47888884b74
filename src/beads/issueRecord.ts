import { DateTime, Either, Option, ParseResult, Predicate, Schema } from "effect"
import { BeadsId } from "../domain/Ids.ts"
import { Issue, MalformedIssue, Priority } from "../domain/Issue.ts"
import { oneLine } from "../domain/Text.ts"
import { issueTexts, timeOf } from "./issueTexts.ts"
import { recordProblem } from "./recordProblem.ts"

// bd leaves out empty fields, and each version adds new ones.
// Read as they are, and filled in by `rowOf`: a default of the schema makes a copy of each record, and a tracker may have 100,000.
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))
const text = maybe(Schema.String)

const Moment = Schema.transformOrFail(Schema.String, Schema.Number, {
  strict: true,
  decode: (value, _, ast) =>
    Option.match(DateTime.make(value), {
      onNone: () =>
        Either.left(new ParseResult.Type(ast, value, `expected a point in time, actual ${oneLine(value, 40)}`)),
      onSome: (time) => Either.right(DateTime.toEpochMillis(time))
    }),
  encode: (millis) => Either.right(DateTime.formatIso(DateTime.unsafeMake(millis)))
})
const moment = maybe(Moment)
const flag = maybe(Schema.Boolean)

/** `list` and the JSONL file give the ids of both ends (`depends_on_id`); `show` gives the whole issue at the other end. */
const Dependency = Schema.Struct({
  depends_on_id: text,
  type: text,
  id: text,
  status: text,
  dependency_type: text
}).annotations({ identifier: "Dependency" })

const Row = Schema.Struct({
  id: BeadsId,
  title: text,
  description: text,
  acceptance_criteria: Schema.optional(Schema.Unknown),
  design: Schema.optional(Schema.Unknown),
  notes: Schema.optional(Schema.Unknown),
  comments: Schema.optional(Schema.Unknown),
  status: text,
  priority: Priority,
  issue_type: text,
  assignee: text,
  labels: maybe(Schema.Array(Schema.String)),
  created_at: text,
  closed_at: moment,
  defer_until: moment,
  lease_expires_at: moment,
  parent: text,
  ephemeral: flag,
  wisp: flag,
  wisp_type: text,
  is_template: flag,
  pinned: flag,
  dependency_count: maybe(Schema.Number),
  dependencies: maybe(Schema.Array(Dependency))
})

const decodeRow = Schema.decodeUnknownEither(Row)

/** A dependency of an issue: the other issue and its relation to this one. */
export interface Link {
  readonly kind: "blocker" | "parent" | "other"
  readonly target: string
  /** The other issue's status; `undefined` if the record does not contain it. */
  readonly status: string | undefined
}

/** What an `Issue` is made of. */
export type IssueFields = ConstructorParameters<typeof Issue>[0]

/** An issue and the dependencies in its record. */
export class IssueRow {
  /** `blockedBy` holds only the blockers whose status the record contains. */
  readonly fields: IssueFields
  readonly links: ReadonlyArray<Link>
  /** Whether the record shows a dependency, or only a count of them. The issue may then be blocked. */
  readonly mayBeBlocked: boolean

  constructor(fields: IssueFields, links: ReadonlyArray<Link>, countsDependencies: boolean) {
    this.fields = fields
    this.links = links
    this.mayBeBlocked = countsDependencies || links.length > 0
  }

  /** The issue with these fields. */
  get issue(): Issue {
    return issueOf(this.fields)
  }
}

const KINDS: Readonly<Record<string, Link["kind"]>> = {
  blocks: "blocker",
  "conditional-blocks": "blocker",
  "waits-for": "blocker",
  "parent-child": "parent"
}

const linkOf = (dependency: typeof Dependency.Type): Link => ({
  kind: KINDS[dependency.dependency_type || dependency.type || ""] ?? "other",
  target: dependency.depends_on_id || dependency.id || "",
  status: dependency.status || undefined
})

/** Whether an issue of this status still blocks the issues that depend on it. */
export const stillBlocks = (status: string): boolean => status !== "closed" && status !== "tombstone"

/** As `bd ready`, which also leaves out such ids. `wisp` is the older name of `ephemeral`. */
const notWorkOf = (row: typeof Row.Type): Issue["notWork"] => {
  if (row.ephemeral === true) return "ephemeral"
  if (row.wisp === true || (row.wisp_type ?? "") !== "" || /-(?:wisp|mol)-/.test(row.id)) return "wisp"
  if (row.is_template === true) return "template"
  return row.pinned === true ? "pinned" : undefined
}

/** The values were decoded already, so they are not checked again. */
export const issueOf = (fields: IssueFields): Issue => new Issue(fields, { disableValidation: true })

const NONE: ReadonlyArray<never> = []

const rowOf = (row: typeof Row.Type): IssueRow => {
  const links = (row.dependencies ?? NONE).map(linkOf).filter((link) => link.target !== "")
  const parent = row.parent ? [{ kind: "parent", target: row.parent, status: undefined } as const] : NONE
  const fields: IssueFields = {
    id: row.id,
    title: row.title ?? "",
    description: row.description ?? "",
    ...issueTexts(row),
    status: row.status || "open",
    priority: row.priority,
    type: row.issue_type || "task",
    assignee: row.assignee || undefined,
    labels: row.labels ?? NONE,
    createdAt: timeOf(row.created_at),
    closedAt: row.closed_at ?? undefined,
    deferUntil: row.defer_until ?? undefined,
    leaseExpiresAt: row.lease_expires_at ?? undefined,
    notWork: notWorkOf(row),
    blockedBy: links
      .filter((link) => link.kind === "blocker" && link.status !== undefined && stillBlocks(link.status))
      .map((link) => link.target)
  }
  return new IssueRow(fields, [...links, ...parent], (row.dependency_count ?? 0) > 0)
}

const labelOf = (row: unknown, position: number): string =>
  Predicate.hasProperty(row, "id") && Predicate.isString(row.id) && row.id.trim() !== ""
    ? oneLine(row.id, 80)
    : `#${position + 1}`

/** Labels the record with its id, else with its place: position 0 is `#1`. */
export const malformed = (row: unknown, position: number, problem: string): MalformedIssue =>
  new MalformedIssue({ label: labelOf(row, position), problem: oneLine(problem, 200) })

/** Decodes one record of bd's JSON; accepts any value. As in bd, no status means `open` and no type means `task`. */
export const readIssue = (row: unknown, position: number): Either.Either<IssueRow, MalformedIssue> =>
  Predicate.isRecord(row)
    ? Either.mapBoth(decodeRow(row), {
        onLeft: (error) => malformed(row, position, recordProblem(error)),
        onRight: rowOf
      })
    : Either.left(malformed(row, position, "not an object"))
