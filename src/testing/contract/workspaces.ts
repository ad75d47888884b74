import type { Effect, Scope } from "effect"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { collect } from "./collect.ts"
import type { Contract } from "./suite.ts"
import { anyWorkspaces } from "./workspaceAny.ts"
import { basesOfWorkspaces } from "./workspaceBase.ts"
import { ownWorkspaces } from "./workspaceOwn.ts"
import { sharedWorkspaces } from "./workspaceShared.ts"
import { workInWorkspaces } from "./workspaceWork.ts"
import type { WorkspaceWorld } from "./workspaceWorld.ts"

/** What workspaces of this kind can do. */
export interface WorkspaceContractOptions {
  /** Every workspace is the repository itself and is never removed. Default false. */
  readonly shared?: boolean
}

/**
 * What every layer of `Workspaces` must do.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.workspaces(makeWorld))
 */
export const workspaces = (
  makeWorld: Effect.Effect<WorkspaceWorld, never, Scope.Scope>,
  { shared = false }: WorkspaceContractOptions = {}
): Contract =>
  collect(Workspaces, makeWorld, (checkIn) => {
    const check = checkIn("")
    anyWorkspaces(check, shared)
    if (shared) return sharedWorkspaces(check)
    ownWorkspaces(check)
    workInWorkspaces(check)
    basesOfWorkspaces(check)
  })
