import { Effect, Either, Predicate } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Beads } from "../BeadsCli.ts"
import { readIssue } from "../issueRecord.ts"
import { readAnswer } from "./answer.ts"
import type { BdCall } from "./guardedCall.ts"
import type { ExportCheck } from "./exportCheck.ts"
import { bdError, unreadable } from "./failure.ts"
import { errorLine, saysNoSuchIssue } from "./messages.ts"

/** `bd show`: the issue with its dependencies; `undefined` if there is none. */
export const makeShowRow = (bd: BdCall, checkExport: ExportCheck) =>
  Effect.fn("BeadsCli.show")(function* (id: BeadsId) {
    const operation = `show ${id}`
    const result = yield* bd.read(operation, ["show", id, "--json"])
    const answer = readAnswer(result.stdout)
    if (answer._tag === "Rows" && result.exitCode === 0) {
      // For an unknown id bd shows an issue whose id contains it.
      const row = answer.rows.find((row) => Predicate.hasProperty(row, "id") && row.id === id)
      if (row === undefined) return undefined
      return yield* Either.mapLeft(readIssue(row, 0), (malformed) => unreadable(operation, malformed.problem))
    }
    if (saysNoSuchIssue(result, id)) {
      yield* checkExport(operation)
      return undefined
    }
    return yield* result.exitCode === 0 && answer._tag !== "ErrorObject"
      ? unreadable(operation, errorLine(result))
      : bdError(operation, result)
  })

/** `bd list --status in_progress`, filtered here: bd's `--assignee` takes only a whole name. */
export const makeClaimsOf = (bd: BdCall): Beads["claimsOf"] =>
  Effect.fn("BeadsCli.claimsOf")(function* (actorPrefix) {
    const rows = yield* bd.rows("list", ["list", "--status", "in_progress", "--limit", "0", "--json"])
    const claims = new Map<string, Issue>()
    for (const [position, row] of rows.entries()) {
      const assignee = Predicate.hasProperty(row, "assignee") ? row.assignee : undefined
      if (!Predicate.isString(assignee) || !assignee.startsWith(actorPrefix)) continue
      const read = readIssue(row, position)
      if (Either.isLeft(read)) {
        const { label, problem } = read.left
        yield* Effect.logWarning(`cannot read ${label}, so the claim of ${assignee} on it is skipped: ${problem}`)
      } else if (read.right.issue.status === "in_progress") claims.set(read.right.issue.id, read.right.issue)
    }
    return [...claims.values()]
  })
