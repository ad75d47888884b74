import { importing } from "../../importedLayer.ts"

export type { LocalVerifierOptions } from "./LocalVerifier.ts"

/**
 * Checks work by a process of its own for each attempt, under the same supervisor as the jobs of the local runner. It is used
 * beside any runner.
 *
 * @example
 * LocalVerifier.layer({ stateDir: "/state", tempDir: "/tmp", logSize: 50 })
 */
export const layer = importing(() => import("./LocalVerifier.ts"))
