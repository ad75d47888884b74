import { Predicate, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { readGroups, type JsonlIssues } from "./issues.ts"
import type { JsonlFile } from "./lines.ts"
import { groupById, type Positions } from "./versions.ts"

const isBeadsId = Schema.is(BeadsId)

const linesById =
  (file: JsonlFile) =>
  (id: string): Positions | undefined =>
    isBeadsId(id) ? groupById(file, file.mayHold(id)).get(id) : undefined

/** Reads the issue with one id, and of the other lines only those of issues that it waits for. */
export const issueOf = (file: JsonlFile, path: string, id: BeadsId): JsonlIssues => {
  const linesOf = linesById(file)
  const lines = linesOf(id)
  return readGroups(file, path, lines === undefined ? [] : [lines], linesOf)
}

/** To look for one id in a large file takes about a twentieth of the time to read each line. */
const FEW = 10

/** Reads the issues that have a version on one of these lines, and of the other lines only those that decide about these issues. */
export const issuesAt = (file: JsonlFile, path: string, positions: ReadonlyArray<number>): JsonlIssues => {
  const groups = groupById(file, positions)
  const ids = [...groups.keys()].filter(Predicate.isString)
  if (ids.length > FEW || !ids.every(isBeadsId)) {
    const all = groupById(file)
    return readGroups(
      file,
      path,
      [...all].flatMap(([key, lines]) => (groups.has(key) ? [lines] : [])),
      (id) => all.get(id)
    )
  }
  const linesOf = linesById(file)
  const whole = Array.from(groups, ([key, lines]) => (Predicate.isString(key) ? (linesOf(key) ?? lines) : lines))
  return readGroups(
    file,
    path,
    whole.toSorted(([one], [other]) => one - other),
    linesOf
  )
}
