import type { Effect, Scope } from "effect"
import { contract, type BeadsWorld, type SeedIssue } from "../../src/testing/index.ts"
import { keeps, type KeepsOptions } from "./keeps.ts"

export type { BeadsWorld, SeedIssue }

/** The tests that every layer of `BeadsCli` must pass. */
export const beadsContract = (
  name: string,
  makeWorld: (seed: ReadonlyArray<SeedIssue>) => Effect.Effect<BeadsWorld, never, Scope.Scope>,
  options: KeepsOptions & contract.BeadsContractOptions = {}
): void => keeps(`${name} keeps the tracker's contract`, contract.beads(makeWorld, options), options)
