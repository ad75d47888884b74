import { importing } from "../../importedLayer.ts"

/**
 * `ExistingWork` on git, and on `gh` where it is installed and the clone has a remote on another host. The base is what
 * `GitWorktrees` starts from. With `fetching` it is fetched first, at most once a run if the remote does not answer; without, the
 * clone is only read.
 *
 * @example
 * GitExistingWork.layer({ base: "main", timeout: Duration.seconds(30), allowFilters: [], fetching: undefined })
 */
export const layer = importing(() => import("./GitExistingWork.ts"))
