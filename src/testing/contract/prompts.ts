import type { Effect, Scope } from "effect"
import { PromptStore } from "../../prompt/PromptStore.ts"
import { collect } from "./collect.ts"
import { sweep, sweepLater } from "./promptSweep.ts"
import type { PromptWorld } from "./promptWorld.ts"
import { write } from "./promptWrite.ts"
import type { Contract } from "./suite.ts"

/** What a prompt store of this kind can do. */
export interface PromptContractOptions {
  /** A new layer on the same world finds the files of an earlier layer. Default true; false for memory. */
  readonly persistent?: boolean
}

/**
 * What every layer of `PromptStore` must do.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.prompts(makeWorld))
 */
export const prompts = (
  makeWorld: Effect.Effect<PromptWorld, never, Scope.Scope>,
  { persistent = true }: PromptContractOptions = {}
): Contract =>
  collect(PromptStore, makeWorld, (checkIn) => {
    write(checkIn("write"))
    sweep(checkIn("keep and sweep"))
    if (persistent) sweepLater(checkIn("keep and sweep"))
  })
