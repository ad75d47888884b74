import { Array as Arr, Data, Duration, Effect, Either, Ref } from "effect"
import { movesOn } from "../../domain/Blame.ts"
import { ProviderUnavailable, type DispatchError, type ProviderAttempt } from "../../domain/Failure.ts"
import type { Provider } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import type { ProviderPool } from "./ProviderPool.ts"

/** The first success of the chain, and the providers that were tried before, each with its reason. */
export interface Chosen<A> {
  readonly value: A
  readonly passedOver: ReadonlyArray<ProviderAttempt>
}

/** The chain ended with `error`. `passedOver` holds every provider that was tried. */
export class ChainFailed extends Data.TaggedError("ChainFailed")<{
  readonly error: DispatchError
  readonly passedOver: ReadonlyArray<ProviderAttempt>
}> {}

/** What is written down of a provider that did not take the job. */
export const attemptOf = (provider: Provider, error: DispatchError, duration: Duration.Duration): ProviderAttempt => ({
  provider: provider.name,
  code: error.code,
  reason: oneLine(error.message),
  capacity: error._tag === "RunnerFailed" && error.capacity,
  durationMs: Duration.toMillis(duration)
})

/** The chain has no provider left. */
export const noneOf = (passedOver: ReadonlyArray<ProviderAttempt>): ChainFailed =>
  new ChainFailed({ error: new ProviderUnavailable({ attempts: passedOver }), passedOver })

/**
 * Tries `use` on each provider of the chain in order, and returns the first success. Only an error that is the provider's
 * fault moves on to the next provider; any other error ends the chain. Fails with `ChainFailed`.
 *
 * `Effect.firstSuccessOf` falls through on every typed failure, so an error that ends the chain travels as a value.
 */
export const firstProvider = <A, E extends DispatchError, R>(
  pool: ProviderPool,
  use: (provider: Provider) => Effect.Effect<A, E, R>
): Effect.Effect<Chosen<A>, ChainFailed, R> =>
  Effect.gen(function* () {
    const tried = yield* Ref.make<ReadonlyArray<ProviderAttempt>>([])
    const alternative = Effect.fnUntraced(function* (provider: Provider) {
      const before = (yield* Ref.get(tried)).at(-1)
      if (before !== undefined) yield* pool.passOver(before.provider, provider.name, before.reason)
      const [duration, result] = yield* Effect.timed(Effect.either(use(provider)))
      if (Either.isRight(result)) return result
      const error = result.left
      yield* Ref.update(tried, Arr.append(attemptOf(provider, error, duration)))
      return movesOn(error) ? yield* error : result
    })
    const result = yield* Effect.option(Effect.firstSuccessOf(Arr.map(pool.chain, (provider) => alternative(provider))))
    const passedOver = yield* Ref.get(tried)
    if (result._tag === "None") {
      return yield* noneOf(passedOver)
    }
    return Either.isLeft(result.value)
      ? yield* new ChainFailed({ error: result.value.left, passedOver })
      : { value: result.value.right, passedOver }
  })

/**
 * The first provider of the chain whose preflight passes. Fails with `ProviderUnavailable` if none does, and at once
 * with an error that is not the provider's fault.
 *
 * @example
 * Effect.map(selectProvider(pool), ({ name }) => name)
 */
export const selectProvider = Effect.fn("selectProvider")(
  (pool: ProviderPool): Effect.Effect<Provider, DispatchError> =>
    firstProvider(pool, (provider) => Effect.as(pool.preflight(provider), provider)).pipe(
      Effect.mapBoth({ onFailure: ({ error }) => error, onSuccess: ({ value }) => value })
    )
)
