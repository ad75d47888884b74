import { Schema } from "effect"
import { oneLine } from "./Text.ts"

/**
 * What a job made elsewhere, as its runner says: there a person looks at it. Text of another program.
 *
 * @example
 * JobResult.make({ kind: "pull_request", url: "https://git.example/app/pull/7", branch: "fix/bd-1" })
 */
export const JobResult = Schema.Struct({
  kind: Schema.Literal("pull_request"),
  /** Where it is. */
  url: Schema.NonEmptyString,
  /** The branch that it merges; absent if the runner does not say it. */
  branch: Schema.optional(Schema.String)
})
export type JobResult = typeof JobResult.Type

/**
 * The result in words, on one line.
 *
 * @example
 * resultInWords({ kind: "pull_request", url: "https://git.example/app/pull/7" }) // "pull request https://git.example/app/pull/7"
 */
export const resultInWords = ({ branch, url }: JobResult): string =>
  `pull request ${oneLine(url, 500)}${branch === undefined ? "" : ` (branch ${oneLine(branch, 200)})`}`
