import type { Effect, Scope } from "effect"
import { contract, type WorkspaceWorld } from "../../src/testing/index.ts"
import { keeps, type KeepsOptions } from "./keeps.ts"

export type { WorkspaceWorld }

/** The behaviour that every layer of `Workspaces` must have. */
export const workspaceContract = (
  name: string,
  makeWorld: Effect.Effect<WorkspaceWorld, never, Scope.Scope>,
  options: KeepsOptions & contract.WorkspaceContractOptions = {}
): void => keeps(`${name} keeps the workspaces' contract`, contract.workspaces(makeWorld, options), options)
