import { Predicate } from "effect"
import type { Issue } from "../../domain/Issue.ts"
import { versionAt, type Version } from "./issues.ts"
import type { JsonlFile, Row } from "./lines.ts"
import { issuesAt } from "./someIssues.ts"

/** Whether a line may be a claim of an actor with this prefix. */
const mayBeClaim = ({ bytes, row }: Version, actorPrefix: string): boolean => {
  if (row !== undefined) {
    const { assignee, status } = row
    return status === "in_progress" && Predicate.isString(assignee) && assignee.startsWith(actorPrefix)
  }
  // Not as text: the line may be very long.
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return line.includes(`"${actorPrefix}`) && line.includes("in_progress")
}

/** Whether a record may be a claim, of any actor. */
export const isInProgress = (row: Row): boolean => row["status"] === "in_progress"

/** The claims of the actors with one prefix, and the labels of issues that cannot be read but may be such claims. */
export interface Claims {
  readonly issues: ReadonlyArray<Issue>
  readonly unreadable: ReadonlyArray<string>
}

/** Reads the claims of the actors with this prefix. Reads only the lines where the prefix may be, and those with the same ids. */
export const claimsIn = (file: JsonlFile, path: string, actorPrefix: string): Claims => {
  const lines = file.mayBegin(actorPrefix).filter((position) => mayBeClaim(versionAt(file, position), actorPrefix))
  const { entries, malformed } = issuesAt(file, path, lines)
  return {
    issues: Array.from(entries.values(), ({ issue }) => issue).filter(
      ({ assignee, status }) => status === "in_progress" && assignee?.startsWith(actorPrefix) === true
    ),
    unreadable: malformed.map(({ why }) => why.label)
  }
}
