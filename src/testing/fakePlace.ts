import { BeadsId } from "../domain/Ids.ts"
import type { Repository } from "../domain/Repository.ts"

/** Where the fake puts a bug's workspace, and on which branch. */
export const place = (id: BeadsId, { name }: Pick<Repository, "name">) => ({
  path: `/fake/agents/${id}/${name}`,
  branch: `feature-${id}`
})

/** The bugs whose workspaces of this repository are among these paths. */
export const bugsAt = (paths: ReadonlyArray<string>, { name }: Repository): ReadonlyArray<BeadsId> =>
  paths.flatMap((path) => {
    const [, id, repository] = /^\/fake\/agents\/([^/]+)\/(.+)$/.exec(path) ?? []
    return id !== undefined && repository === name ? [BeadsId.make(id)] : []
  })
