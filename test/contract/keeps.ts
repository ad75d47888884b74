import { describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Logger } from "effect"
import type { Contract } from "../../src/testing/index.ts"

export interface KeepsOptions {
  /** Milliseconds for one test. Default: as for every test. */
  readonly timeout?: number | undefined
}

/** Runs a contract suite. A test whose subject the world cannot show is skipped, visibly. */
export const keeps = (what: string, contract: Contract, { timeout }: KeepsOptions = {}): void => {
  const { "": general = [], ...groups } = Arr.groupBy(contract, ({ group }) => group)
  const tests = (some: Contract) => {
    for (const { name, test } of some) {
      it.live(
        name,
        (context) =>
          Effect.map(test, (result) => {
            if (result === "not shown") context.skip("this world cannot show it")
          }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))),
        timeout
      )
    }
  }
  describe(what, () => {
    tests(general)
    for (const [group, some] of Object.entries(groups)) describe(group, () => tests(some))
  })
}
