import { Effect, TestContext, type Layer, type Scope } from "effect"
import { contractTest, type Contract, type ContractTest } from "./suite.ts"

/** A world whose layer is tested. Building it may fail, which breaks the test. */
interface WithLayer<R, E> {
  readonly layer: Layer.Layer<R, E>
}

/** Adds the test of one promise. Its body uses the services under test, and tells the time itself, with `TestClock`. */
export type TimedCheck<R> = <A, E>(name: string, body: Effect.Effect<A, E, R | Scope.Scope>) => void

/** The tests that `define` adds. Each runs in a new world, on a `TestClock` of its own, whose time is 0. */
export const collectTimed = <R, E>(
  makeWorld: Effect.Effect<WithLayer<R, E>, never, Scope.Scope>,
  define: (checkIn: (group: string) => TimedCheck<R>) => void
): Contract => {
  const tests: Array<ContractTest> = []
  define((group) => (name, body) => {
    const test = Effect.flatMap(makeWorld, ({ layer }) => Effect.provide(body, layer))
    tests.push(contractTest(group, name, Effect.provide(Effect.scoped(test), TestContext.TestContext)))
  })
  return tests
}
