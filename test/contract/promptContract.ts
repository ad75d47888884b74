import type { Effect, Scope } from "effect"
import { contract, type PromptWorld } from "../../src/testing/index.ts"
import { keeps, type KeepsOptions } from "./keeps.ts"

/** The behaviour that every layer of `PromptStore` must have. */
export const promptContract = (
  name: string,
  makeWorld: Effect.Effect<PromptWorld, never, Scope.Scope>,
  options: KeepsOptions & contract.PromptContractOptions = {}
): void => keeps(`${name} keeps the prompt store's contract`, contract.prompts(makeWorld, options), options)
