import { Duration, Effect, Either } from "effect"
import { withinLimit } from "../../domain/interruption.ts"

/** A person waits for the answer. */
export const PATIENCE = Duration.seconds(5)

/**
 * The answer; left: why there is none, in words, which may be that it took too long.
 *
 * @example
 * const shown = yield* inTime(tracker.show(id)) // Either.left("no answer within 5s")
 */
export const inTime = <A, E extends { readonly message: string }, R>(
  call: Effect.Effect<A, E, R>,
  patience: Duration.Duration = PATIENCE
): Effect.Effect<Either.Either<A, string>, never, R> =>
  withinLimit(Effect.either(Effect.mapError(call, ({ message }) => message)), patience, () =>
    Effect.succeed(Either.left(`no answer within ${Duration.format(patience)}`))
  )
