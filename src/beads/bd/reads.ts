import { Effect, Either, Predicate } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Intake, Issue, type IntakeFilter } from "../../domain/Issue.ts"
import type { BdCall } from "./call.ts"
import { refusal, unreadable } from "./failure.ts"
import { intakeOf } from "../intake.ts"
import { readIssue, type IssueRow } from "../issueRecord.ts"
import { complaint, readAnswer, saysNoSuchIssue } from "./output.ts"

/** The reading half of the tracker, on bd. */
export interface BdReads {
  readonly show: (id: BeadsId) => Effect.Effect<Issue | undefined, TrackerFailed>
  readonly openBugs: (filter: IntakeFilter) => Effect.Effect<Intake, TrackerFailed>
  readonly claimsOf: (actorPrefix: string) => Effect.Effect<ReadonlyArray<Issue>, TrackerFailed>
}

const isRowOf = (id: BeadsId) => (row: unknown) => Predicate.hasProperty(row, "id") && row.id === id

/** Blockers that nobody named: bd says that the issue is not ready, and its row does not say why. */
const UNNAMED = "not ready"

const withBlockers = (issue: Issue, blockedBy: ReadonlyArray<string>): Issue => new Issue({ ...issue, blockedBy })

const typeFlags = (types: ReadonlyArray<string>): ReadonlyArray<string> =>
  types.length === 1 && types[0] !== undefined ? ["--type", types[0]] : []

/** bd's reads, on calls made the safe way. */
export const makeBdReads = (bd: BdCall): BdReads => {
  const row = Effect.fn("BeadsCli.show")(function* (id: BeadsId) {
    const operation = `show ${id}`
    const result = yield* bd.run(operation, ["show", id, "--json"])
    const answer = readAnswer(result.stdout)
    // Where bd knows no such issue it takes one whose id resembles it, so only the id itself counts.
    if (answer._tag === "Rows" && result.exitCode === 0) {
      const found = answer.rows.find(isRowOf(id))
      if (found === undefined) return undefined
      return yield* Either.mapLeft(readIssue(found, 0), (bad) => unreadable(operation, bad.problem))
    }
    if (saysNoSuchIssue(result, id)) return undefined
    return yield* result.exitCode === 0 && answer._tag !== "Refusal"
      ? unreadable(operation, complaint(result))
      : refusal(operation, result)
  })

  const show = (id: BeadsId) => Effect.map(row(id), (found) => found?.issue)

  /** The ids bd calls ready; nothing when it cannot say. */
  const ready = (types: ReadonlyArray<string>): Effect.Effect<ReadonlySet<string> | undefined> =>
    bd.rows("ready", ["ready", ...typeFlags(types), "--limit", "0", "--json"]).pipe(
      Effect.map((rows) => new Set(rows.flatMap((row) => (Predicate.hasProperty(row, "id") ? [String(row.id)] : [])))),
      Effect.catchAll((error) => Effect.as(Effect.logWarning(`${error.message}; asking for each issue`), undefined))
    )

  const blockersOf = (candidate: IssueRow, ready: ReadonlySet<string> | undefined) =>
    Effect.gen(function* () {
      const { issue } = candidate
      if (!candidate.mayWait || ready?.has(issue.id) === true) return withBlockers(issue, [])
      const now = yield* row(issue.id)
      const named = now?.issue.blockedBy ?? []
      if (named.length > 0 || ready === undefined || now === undefined || issue.deferUntil !== undefined) {
        return withBlockers(issue, named)
      }
      // A child waits for whatever its parent waits for.
      const parents = now.links.filter((link) => link.kind === "parent").map((link) => link.target)
      return withBlockers(issue, parents.length > 0 ? [...new Set(parents)] : [UNNAMED])
    })

  const openBugs = Effect.fn("BeadsCli.openBugs")(function* (filter: IntakeFilter) {
    const most = String(filter.maxPriority)
    const args = ["--status", "open", ...typeFlags(filter.types), "--priority-max", most, "--limit", "0", "--json"]
    const { candidates, malformed } = intakeOf(yield* bd.rows("list", ["list", ...args]), filter)
    const readyIds = candidates.some((candidate) => candidate.mayWait) ? yield* ready(filter.types) : undefined
    const issues = yield* Effect.forEach(candidates, (candidate) => blockersOf(candidate, readyIds))
    return new Intake({ issues, malformed })
  })

  const claimsOf = Effect.fn("BeadsCli.claimsOf")(function* (actorPrefix: string) {
    // bd's --assignee wants the whole name, and an actor is new for each attempt.
    const rows = yield* bd.rows("list", ["list", "--status", "in_progress", "--limit", "0", "--json"])
    const claims = new Map<string, Issue>()
    for (const [position, row] of rows.entries()) {
      const held =
        Predicate.hasProperty(row, "assignee") &&
        Predicate.isString(row.assignee) &&
        row.assignee.startsWith(actorPrefix)
      if (!held) continue
      const read = readIssue(row, position)
      if (Either.isLeft(read)) yield* Effect.logWarning(`claim of ${read.left.label} skipped: ${read.left.problem}`)
      else if (read.right.issue.status === "in_progress") claims.set(read.right.issue.id, read.right.issue)
    }
    return [...claims.values()]
  })

  return { show, openBugs, claimsOf }
}
