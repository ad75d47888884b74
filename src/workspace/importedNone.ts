import { importing } from "../importedLayer.ts"

/**
 * `Workspaces` without worktrees: every agent works in the repository itself, so only one agent may run at a time. Makes
 * and removes nothing. In a git repository, only what changed while the job ran is its work. Elsewhere the layer cannot compare, so
 * a person must look after each job that ended well.
 *
 * @example
 * NoWorktrees.layer({ timeout: "2 minutes", allowFilters: [] })
 */
export const layer = importing(() => import("./NoWorktrees.ts"))
