import type { Effect, Scope } from "effect"
import { contract, type CheckKind, type VerifierWorld } from "../../src/testing/index.ts"
import { keeps } from "./keeps.ts"

export type { CheckKind, VerifierWorld }
export const { LAST_LINE } = contract

/** What every layer of `Verifier` must do. */
export const verifierContract = (name: string, makeWorld: Effect.Effect<VerifierWorld, never, Scope.Scope>): void =>
  keeps(`${name} keeps the verifier's contract`, contract.verifier(makeWorld))
