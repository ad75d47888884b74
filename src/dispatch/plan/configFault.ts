import { Effect, Either } from "effect"
import type { DispatchError } from "../../domain/Failure.ts"
import { DxRunner } from "../../runner/DxRunner.ts"

/**
 * Why this host's configuration lets no job start, so that the run exits with 5 whatever it chose: the runner's program is missing,
 * or a provider of the chain does not exist. `undefined` if neither is so. `chosen`: the answer of the provider chain, if it was
 * asked.
 */
export const configFault = Effect.fn("plan.configFault")(function* (
  chosen: Either.Either<unknown, DispatchError> | undefined
): Effect.fn.Return<string | undefined, never, DxRunner> {
  const runner = yield* DxRunner
  const version = yield* Effect.either(runner.version)
  if (Either.isLeft(version) && version.left.blame === "config") {
    return `${version.left.message}; without its runner no job can start or be settled. Install it, or set runner.path`
  }
  if (chosen === undefined || Either.isRight(chosen) || chosen.left.blame !== "config") return undefined
  return chosen.left.message
})
