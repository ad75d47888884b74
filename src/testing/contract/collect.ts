import { Effect, type Context, type Layer, type Scope } from "effect"
import { contractTest, type Check, type Contract, type ContractTest } from "./suite.ts"

/** A world whose layer is tested. */
interface WithLayer<I> {
  readonly layer: Layer.Layer<I>
}

/** The tests that `define` adds. The body of each gets the service of a new world, and that world. */
export const collect = <I, S, W extends WithLayer<I>>(
  tag: Context.Tag<I, S>,
  makeWorld: Effect.Effect<W, never, Scope.Scope>,
  define: (checkIn: (group: string) => Check<readonly [service: S, world: W]>) => void
): Contract => {
  const tests: Array<ContractTest> = []
  define((group) => (name, body) => {
    const test = Effect.flatMap(makeWorld, (world) =>
      Effect.flatMap(tag, (service) => body(service, world)).pipe(Effect.provide(world.layer))
    )
    tests.push(contractTest(group, name, test))
  })
  return tests
}
