import type { Decidable } from "../../dispatch/review/decidable.ts"
import type { Decided } from "../../dispatch/review/steps.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { pushedOf } from "../../domain/PushedWork.ts"
import { oneLine } from "../../domain/Text.ts"

/** What is asked before work is accepted or rejected. */
export const questionOf = (
  { attempt, facts, issue, kept, published }: Decidable,
  decision: "accept" | "reject",
  remote: string | undefined
): string => {
  const title = `${issue.id} "${oneLine(issue.title, 60)}"`
  const commits = facts.commits === undefined ? "the commits" : `${facts.commits.length} commit(s)`
  const held = issue.assignee === undefined ? "" : `It is assigned to ${oneLine(issue.assignee, 100)}. `
  if (decision === "accept") {
    const pushed = remote === undefined ? "Nothing is pushed." : `Then push to ${remote}.`
    const known = pushedOf(attempt.pushed)
    const from =
      facts.branch === "deleted" && known !== undefined
        ? `Fetch ${kept.branch} from ${known.remote} (${known.commit.slice(0, 8)}). `
        : ""
    return `${held}${from}Merge ${commits} of ${kept.branch} into ${facts.base ?? "the base"} in ${kept.clone}, and close ${title}? ${pushed}`
  }
  const loose =
    facts.uncommitted === undefined || facts.uncommitted === 0 ? "" : ` and ${facts.uncommitted} changed files`
  const there = published === undefined ? "" : `, and the branch on ${published.remote}`
  return `${held}Remove ${commits} of ${kept.branch}${loose}, with the worktree${there}? ${title} stays open, and no run tries it by itself.`
}

/** What a decision came to, and the exit code that it means. `again`: the command that goes on. */
export const decidedText = (
  { done, failed, left }: Decided,
  again: string
): { readonly text: string; readonly exit: number } => {
  const lines = done.map((each) => `- ${oneLine(each, 500)}`)
  if (failed === undefined) return { text: lines.join("\n"), exit: EXIT.ok }
  const rest = left.length === 0 ? [] : [`left to do: ${left.join("; ")}`]
  const text = [
    ...lines,
    `FAILED to ${failed.what}: ${oneLine(failed.why, 1000)}`,
    ...rest,
    `go on with: ${again}`
  ].join("\n")
  return { text, exit: EXIT.failed }
}
