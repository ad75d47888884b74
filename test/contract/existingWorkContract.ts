import type { Effect, Scope } from "effect"
import { contract, type ExistingWorkWorld } from "../../src/testing/index.ts"
import { keeps } from "./keeps.ts"

export type { ExistingWorkWorld }

/** The behaviour that every layer of `ExistingWork` must have. */
export const existingWorkContract = (
  name: string,
  makeWorld: Effect.Effect<ExistingWorkWorld, never, Scope.Scope>,
  timeout?: number
): void => keeps(`${name} keeps the contract of existing work`, contract.existingWork(makeWorld), { timeout })
