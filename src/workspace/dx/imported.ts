import { importing } from "../../importedLayer.ts"

/**
 * `Workspaces` on `dx-worktree create <id> <repo>`, which fetches and makes the git worktree `<root>/<id>/<repo>` on the
 * branch `feature-<id>`. Fails when the printed path is not a git worktree below `root`.
 *
 * Worktrees are removed with git and not with `dx-worktree cleanup`, which does not look for work in them and fails in
 * the first four hours. `timeout` is for one call of the tool; `uid` is our user, by default the process's.
 *
 * @example
 * DxWorktrees.layer({ command: "dx-worktree", root: "/tmp/agents", timeout: Duration.minutes(2), allowFilters: [] })
 */
export const layer = importing(() => import("./DxWorktrees.ts"))
