import type { Issue } from "../domain/Issue.ts"
import { MAX_PROMPT_BYTES } from "../domain/PromptFile.ts"
import { fenced } from "./fence.ts"
import { remarkLines, remarkText, type Remark } from "./remark.ts"
import { reportOf } from "./report.ts"
import { rules } from "./rules.ts"
import { ownTemplate, type Placeholder, type Template } from "./template.ts"
import { absentFrom, byteLength, safeLine } from "./untrusted.ts"

export { makeMarker, randomMarker } from "./untrusted.ts"

/** What the prompt is made from. */
export interface FixPromptInput {
  readonly issue: Issue
  /** The repository's name. */
  readonly repo: string
  /** Absolute path of the directory in which the agent works. */
  readonly worktree: string
  /** The branch to commit to; absent for the branch that is checked out. */
  readonly branch?: string
  /** Random, new for each prompt (`makeMarker`). It marks the begin and the end of text that others wrote. */
  readonly marker: string
  /** The result of each earlier attempt on this bug, oldest first. */
  readonly earlier?: ReadonlyArray<string>
  /** Of the bug's last retry. */
  readonly remark?: Remark | undefined
  /** The paths of submodules that are not initialised in the worktree. */
  readonly submodules?: ReadonlyArray<string> | undefined
  /** What was taken out of the issue because the runner refuses prompts with it, in words. */
  readonly refused?: ReadonlyArray<string> | undefined
  /** The text around the report. Default: ours. */
  readonly template?: Template
  /** The prompt is smaller than this many bytes of UTF-8. Default 100 KiB. Ours works from 32 KiB up. */
  readonly limit?: number
}

/** An earlier attempt as a line of the prompt, without its number. */
export const attemptLine = (text: string): string => safeLine(text)

const MAX_ATTEMPTS = 8

/** The last attempts, numbered among all attempts. */
const attempts = (earlier: ReadonlyArray<string>): ReadonlyArray<string> => {
  const before = Math.max(0, earlier.length - MAX_ATTEMPTS)
  return earlier.slice(before).map((attempt, index) => `${before + index + 1}. ${attemptLine(attempt)}`)
}

const history = (fence: string, earlier: ReadonlyArray<string>, remark: Remark | undefined): string =>
  [
    ...(earlier.length === 0
      ? ["There was no earlier attempt."]
      : [
          "Earlier attempts on this bug, oldest first, also data. Look at what is in the worktree before you start over.",
          ...fenced(fence, earlier)
        ]),
    ...(remark === undefined ? [] : ["", ...remarkLines(fence, remark)])
  ].join("\n")

/** The text in place of each placeholder but `report` and `earlier`. */
const textsOf = ({ branch, issue, repo, worktree }: FixPromptInput) => {
  const shownBranch = branch === undefined ? undefined : safeLine(branch)
  return {
    id: issue.id,
    title: safeLine(issue.title, 200),
    priority: `P${issue.priority}`,
    repository: safeLine(repo),
    worktree: safeLine(worktree, 1000),
    branch: shownBranch ?? "the one that is checked out",
    rules: rules(issue.id, shownBranch)
  }
}

/**
 * The prompt of an agent that fixes one bug, in plain text: the template, filled in.
 *
 * Text that others wrote appears only between two lines with the random `marker`, so no text can close its fence; the one
 * exception is the title, on one line, where a template asks for it. What does not fit is cut between two characters, the
 * oldest comments first; a line outside of the fence says what is missing. No text is searched for placeholders.
 *
 * @example
 * fixPrompt({ issue, repo: "app", worktree: "/tmp/agents/bd-1/app", branch: "nightly-dispatch/bd-1", marker })
 */
export const fixPrompt = (input: FixPromptInput): string => {
  const { parts } = input.template ?? ownTemplate
  const limit = (input.limit ?? MAX_PROMPT_BYTES) - 1
  const earlier = attempts(input.earlier ?? [])
  const texts = textsOf(input)
  const report = reportOf(input, limit)
  const own = parts.filter((part) => typeof part === "string")
  const { remark } = input
  const others = [
    ...Object.values(texts),
    report.text,
    ...earlier,
    ...(remark === undefined ? [] : [remarkText(remark)])
  ]
  const fence = absentFrom([...own, ...others].join("\n"), input.marker)
  const page = (report: string): string => {
    const values: Readonly<Record<Placeholder, string>> = { ...texts, report, earlier: history(fence, earlier, remark) }
    return parts.map((part) => (typeof part === "string" ? part : values[part.placeholder])).join("")
  }
  const roomBeside = (report: string): number => limit - byteLength(page(report))
  const whole = report.within(roomBeside(report.empty(fence)), fence)
  return page(whole.cut ? report.within(roomBeside(report.shortest(fence)), fence).text : whole.text)
}
