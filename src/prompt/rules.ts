import type { BeadsId } from "../domain/Ids.ts"

/** What done means, and what an agent must not do. `branch` is safe text; `undefined` for the one that is checked out. */
export const rules = (id: BeadsId, branch: string | undefined): string =>
  [
    "What done means:",
    "1. A test reproduces the failing behaviour. It fails without the fix, for the reason the report gives, and passes",
    "   with it.",
    "2. The cause is fixed, not the symptom, and the change is no larger than that takes.",
    "3. What the report gives as acceptance criteria of this bug is met.",
    "4. The project's own tests have been run with the fix in place, and they pass.",
    `5. Everything is committed on ${branch === undefined ? "the branch that is checked out" : `the branch ${branch}`}, with ${id} in the first line of`,
    "   each commit message. Say in the message which command ran the tests. Leave nothing uncommitted.",
    "",
    "Rules:",
    "- Work only in this worktree. Do not touch other worktrees or the clone it belongs to.",
    "- Do not push, do not merge, do not open a pull request, do not change to another branch.",
    `- Do not close, claim or edit ${id}: that is done by others, once the work has been looked at.`,
    "- Nobody is there to answer questions. Decide, and give the reason in the commit message.",
    "- If you cannot reproduce or cannot fix it, do not commit a guess. Say so in your last message, and what you tried."
  ].join("\n")
