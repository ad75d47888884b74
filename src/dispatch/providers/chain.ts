import { Array as Arr, Duration, Effect, Either, Ref } from "effect"
import { movesOn, ProviderUnavailable, type DispatchError, type ProviderAttempt } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import { Failed } from "../../domain/Outcome.ts"
import type { Provider } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import type { ProviderPool } from "./ProviderPool.ts"

const isCapacity = (error: DispatchError): boolean => error._tag === "RunnerFailed" && error.capacity

/**
 * Tries `use` on one provider of the chain after the other and returns the first success. Only what is the provider's
 * fault moves on: everything else ends the chain as it is. Every attempt's reason is kept in `attempts`.
 *
 * `Effect.firstSuccessOf` falls through on every typed failure, so what must not move on travels through it as a value.
 */
export const firstProvider = <A, E extends DispatchError, R>(
  pool: ProviderPool,
  attempts: Ref.Ref<ReadonlyArray<ProviderAttempt>>,
  use: (provider: Provider) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | ProviderUnavailable, R> => {
  const alternative = (provider: Provider): Effect.Effect<Either.Either<A, E>, E, R> =>
    Effect.gen(function* () {
      const before = Arr.last(yield* Ref.get(attempts))
      if (before._tag === "Some") yield* pool.passOver(before.value.provider, provider.name, before.value.reason)
      const [duration, result] = yield* Effect.timed(Effect.either(use(provider)))
      if (Either.isRight(result)) return Either.right(result.right)
      const error = result.left
      yield* Ref.update(
        attempts,
        Arr.append({
          provider: provider.name,
          code: error.code,
          reason: oneLine(error.message),
          capacity: isCapacity(error),
          durationMs: Duration.toMillis(duration)
        })
      )
      return yield* movesOn(error) ? Effect.fail(error) : Effect.succeed(Either.left(error))
    })
  return Effect.firstSuccessOf(Arr.map(pool.chain, alternative)).pipe(
    Effect.catchAll(() =>
      Effect.flatMap(Ref.get(attempts), (all) => Effect.fail(new ProviderUnavailable({ attempts: all })))
    ),
    Effect.flatMap((result): Effect.Effect<A, E> => result)
  )
}

/** The first provider whose preflight passes. */
export const selectProvider = Effect.fn("selectProvider")(function* (pool: ProviderPool) {
  const attempts = yield* Ref.make<ReadonlyArray<ProviderAttempt>>([])
  return yield* firstProvider(pool, attempts, (provider) => Effect.as(pool.preflight(provider), provider))
})

/** What becomes of a bug when no provider would take it: nothing was claimed for it. */
export const noProvider = (issue: Issue, error: DispatchError): Failed =>
  new Failed({
    beads: issue.id,
    code: error.code,
    blame: error.blame,
    error: error.message,
    durationMs: 0,
    passedOver: error._tag === "ProviderUnavailable" ? error.attempts : []
  })
