import { Clock, Data, Effect, type Scope } from "effect"

/** `not shown`: the world has no way to look at what is tested. */
export type TestResult = "kept" | "not shown"

/** One promise of a service, as a test. It belongs to no test framework. */
export interface ContractTest {
  /** The method or subject, such as `claim`; empty for the service as a whole. */
  readonly group: string
  readonly name: string
  /** Dies with an `AssertionError`, or with an unexpected error of the layer, if the promise is broken. Brings its own clock. */
  readonly test: Effect.Effect<TestResult>
}

/** All promises of a service, in a fixed order. Each test makes a world of its own. */
export type Contract = ReadonlyArray<ContractTest>

class NotShown extends Data.TaggedError("NotShown") {}

/** Ends a test as `not shown`. */
export const absent: Effect.Effect<never, NotShown> = new NotShown()

/** Adds the test of one promise to its group. */
export type Check<Args extends ReadonlyArray<unknown>> = <A, E>(
  name: string,
  body: (...args: Args) => Effect.Effect<A, E, Scope.Scope>
) => void

/** A test from its body, on the real clock: what is tested may be processes and files. */
export const contractTest = <A, E>(
  group: string,
  name: string,
  body: Effect.Effect<A, E, Scope.Scope>
): ContractTest => ({
  group,
  name,
  test: body.pipe(
    Effect.scoped,
    Effect.withClock(Clock.make()),
    Effect.as("kept" as const),
    Effect.catchAll((error) => (error instanceof NotShown ? Effect.succeed("not shown" as const) : Effect.die(error)))
  )
})
