import { describe, it } from "vitest"
import { contract, type Contract } from "../../src/testing/index.ts"

export type KeepsOptions = contract.KeepsOptions

/** Runs a contract suite. A test whose subject the world cannot show is skipped, visibly. */
export const keeps = (what: string, suite: Contract, options?: KeepsOptions): void =>
  contract.keeps({ describe, it }, what, suite, options)
