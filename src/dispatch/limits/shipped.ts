import { Effect } from "effect"
import { Workspace, type Discarded } from "../../domain/Workspace.ts"
import type { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"

/** What a prompt names where a job works that the runner ships. */
const ELSEWHERE = "the checkout that you were started in"

const unseen: Effect.Effect<Discarded> = Effect.succeed({ _tag: "Elsewhere" })

/**
 * The workspaces of a run: those of a runner that ships them itself are not on this host, so nothing is made, compared or removed
 * here. A job's workspace keeps what it was when the job began.
 */
export const withShipped = (workspaces: Workspaces["Type"], { ships }: DxRunner["Type"]): Workspaces["Type"] => ({
  ...workspaces,
  ...(ships?.workspace === true
    ? {
        version: Effect.succeed("the runner's own"),
        check: () => Effect.void,
        place: () => ({ path: ELSEWHERE, branch: undefined }),
        acquire: (_id, { path }) => Effect.succeed(Workspace.make({ path, reused: true, shipped: true }))
      }
    : {}),
  keep: (workspace) => (workspace.shipped ? Effect.void : workspaces.keep(workspace)),
  discard: (id, repository, workspace, jobEndedAt) =>
    workspace.shipped ? unseen : workspaces.discard(id, repository, workspace, jobEndedAt),
  inspect: (id, repository, workspace) => (workspace.shipped ? unseen : workspaces.inspect(id, repository, workspace)),
  merged: (id, repository, workspace) =>
    workspace.shipped ? Effect.succeed(workspace) : workspaces.merged(id, repository, workspace),
  remove: (id, repository, workspace, tip) =>
    workspace.shipped ? Effect.void : workspaces.remove(id, repository, workspace, tip)
})
