import { Effect, Either, Predicate } from "effect"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue, MalformedIssue } from "../../domain/Issue.ts"
import type { Beads } from "../BeadsCli.ts"
import { readIssue } from "../issueRecord.ts"
import { readAnswer } from "./answer.ts"
import type { ExportCheck } from "./exportCheck.ts"
import { bdError, unreadable } from "./failure.ts"
import type { BdCall } from "./guardedCall.ts"
import type { ListRecords } from "./listRecords.ts"
import { errorLine, saysNoSuchIssue } from "./messages.ts"

/** Reads an issue's record, of unknown shape; `undefined` if there is no such issue. `flags`: more of them for `bd show`. */
export type ShowRecord = (id: BeadsId, flags?: ReadonlyArray<string>) => Effect.Effect<unknown, TrackerFailed>

const showing = (id: BeadsId): string => `show ${id}`

/** `bd show`. */
export const makeShowRecord = (bd: BdCall, checkExport: ExportCheck): ShowRecord =>
  Effect.fn("bd.showRecord")(function* (id, flags = []) {
    const operation = showing(id)
    const result = yield* bd.read(operation, ["show", id, "--json", ...flags])
    const answer = readAnswer(result.stdout)
    if (answer._tag === "Rows" && result.exitCode === 0) {
      // For an unknown id bd shows an issue whose id contains it.
      return answer.rows.find((row) => Predicate.hasProperty(row, "id") && row.id === id)
    }
    if (saysNoSuchIssue(result, id)) {
      yield* checkExport(operation)
      return undefined
    }
    return yield* result.exitCode === 0 && answer._tag !== "ErrorObject"
      ? unreadable(operation, errorLine(result))
      : bdError(operation, result)
  })

/** The issue with its dependencies; `undefined` if there is none. */
export const makeShowRow = (showRecord: (id: BeadsId) => Effect.Effect<unknown, TrackerFailed>) =>
  Effect.fn("BeadsCli.show")(function* (id: BeadsId) {
    const record = yield* showRecord(id)
    if (record === undefined) return undefined
    return yield* Either.mapLeft(readIssue(record, 0), ({ problem }) => unreadable(showing(id), problem))
  })

const unreadableClaim = ({ label, problem }: MalformedIssue, whose: string) =>
  Effect.logWarning(`cannot read ${label}, so ${whose} on it is skipped: ${problem}`)

/** `bd list --status in_progress`, filtered here: bd's `--assignee` takes only a whole name. */
export const makeClaimsOf = (listRecords: ListRecords): Beads["claimsOf"] =>
  Effect.fn("BeadsCli.claimsOf")(function* (actorPrefix) {
    const { rows, tooLarge } = yield* listRecords(["--status", "in_progress"])
    const claims = new Map<string, Issue>()
    for (const [position, row] of rows.entries()) {
      const assignee = Predicate.hasProperty(row, "assignee") ? row.assignee : undefined
      if (!Predicate.isString(assignee) || !assignee.startsWith(actorPrefix)) continue
      const read = readIssue(row, position)
      if (Either.isLeft(read)) yield* unreadableClaim(read.left, `the claim of ${assignee}`)
      else if (read.right.issue.status === "in_progress") claims.set(read.right.issue.id, read.right.issue)
    }
    yield* Effect.forEach(tooLarge, (each) => unreadableClaim(each, "a claim of ours"))
    return [...claims.values()]
  })
