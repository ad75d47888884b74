import { Effect, Option, SynchronizedRef } from "effect"

/**
 * Runs an effect until it has succeeded once, and remembers that success; a failure is not remembered. While one caller
 * runs the effect, the others wait. `forget` makes the next call run it again.
 *
 * @example
 * const version = yield* askOnce(askBdForItsVersion)
 * yield* version.ask
 */
export const askOnce = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly ask: Effect.Effect<A, E, R>; readonly forget: Effect.Effect<void> }> =>
  Effect.map(SynchronizedRef.make(Option.none<A>()), (success) => ({
    ask: SynchronizedRef.modifyEffect(success, (remembered) =>
      Option.isSome(remembered)
        ? Effect.succeed([remembered.value, remembered] as const)
        : Effect.map(effect, (value) => [value, Option.some(value)] as const)
    ),
    forget: SynchronizedRef.set(success, Option.none())
  }))
