import { Array as Arr, Cause, Effect, Exit, Logger } from "effect"
import type { Contract } from "./suite.ts"

/** What a test framework gives a test. */
export interface FrameworkContext {
  /** Shows the test as skipped, and why. */
  readonly skip: (why: string) => unknown
  /** Aborted when the test's time is over. */
  readonly signal?: AbortSignal
}

/** The functions of a test framework that a suite needs: vitest and `node:test` have them. */
export interface Framework {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: (context: FrameworkContext) => Promise<void>, timeout?: number) => unknown
}

/** How the tests of a suite are run. */
export interface KeepsOptions {
  /** Milliseconds for one test, if the framework takes that. Default: as for every test. */
  readonly timeout?: number | undefined
}

/**
 * Makes a contract suite tests of this framework: one for each promise, in its group. A test whose subject the world cannot show is
 * skipped, visibly; a broken promise fails with its `AssertionError`. Nothing is logged.
 *
 * @example
 * import { describe, it } from "node:test"
 *
 * contract.keeps({ describe, it }, "the tracker on GitHub issues", contract.beads(makeWorld))
 */
export const keeps = (
  { describe, it }: Framework,
  what: string,
  contract: Contract,
  { timeout }: KeepsOptions = {}
): void => {
  const tests = (some: Contract) => {
    for (const { name, test } of some) {
      it(
        name,
        async ({ signal, skip }) => {
          const quiet = Effect.provide(test, Logger.remove(Logger.defaultLogger))
          const exit = await Effect.runPromiseExit(quiet, signal && { signal })
          if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
          if (exit.value === "not shown") skip("this world cannot show it")
        },
        timeout
      )
    }
  }
  const { "": general = [], ...groups } = Arr.groupBy(contract, ({ group }) => group)
  describe(what, () => {
    tests(general)
    for (const [group, some] of Object.entries(groups)) describe(group, () => tests(some))
  })
}
