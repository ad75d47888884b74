import type { Effect, Scope } from "effect"
import { Verifier } from "../../runner/Verifier.ts"
import { collect } from "./collect.ts"
import type { Contract } from "./suite.ts"
import { records } from "./verifierRecords.ts"
import { states } from "./verifierStates.ts"
import type { VerifierWorld } from "./verifierWorld.ts"

/**
 * What every layer of `Verifier` must do.
 *
 * @example
 * contract.keeps({ describe, it }, "of my own", contract.verifier(makeWorld))
 */
export const verifier = (makeWorld: Effect.Effect<VerifierWorld, never, Scope.Scope>): Contract =>
  collect(Verifier, makeWorld, (checkIn) => {
    const check = checkIn("")
    states(check)
    records(check)
  })
