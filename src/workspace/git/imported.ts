import { importing } from "../../importedLayer.ts"

/**
 * `Workspaces` on `git worktree add`: `<root>/<id>/<repo>` on the branch `nightly-dispatch/<id>`. The work starts from
 * `base` (a branch or commit) or the remote's default branch, fetched first; without a remote, or when the remote does
 * not answer, from what the clone has: then it is asked again only after the next `check`, as each run begins with one. A
 * worktree that exists is reused as it is.
 *
 * `timeout` is for one `acquire`; the fetch may take half of it. Follows no link below the root, uses no directory of
 * another user (`uid` is our user, by default the process's), and runs no hook of the repository.
 *
 * @example
 * GitWorktrees.layer({ root: "/tmp/agents", base: "main", timeout: Duration.minutes(2), allowFilters: [] })
 */
export const layer = importing(() => import("./GitWorktrees.ts"))
