import { importing } from "../../importedLayer.ts"

/**
 * `KeptWork` on git. `base` is what `GitWorktrees` starts from: the branch or commit of the settings, else the remote's default
 * branch, else what the clone has checked out.
 *
 * @example
 * GitKeptWork.layer({ base: undefined, timeout: "2 minutes", allowFilters: [] })
 */
export const layer = importing(() => import("./GitKeptWork.ts"))
