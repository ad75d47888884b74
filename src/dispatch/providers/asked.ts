import { Effect, Fiber, Option, Ref } from "effect"
import { bootMillis } from "../../domain/BootClock.ts"
import type { PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { PreflightReport } from "../../domain/Provider.ts"

/** One preflight, which begins with the first `ask` and ends at the latest with the scope. */
export const asked = Effect.fnUntraced(function* (
  preflight: Effect.Effect<PreflightReport, PreflightFailed | RunnerFailed>
) {
  const scope = yield* Effect.scope
  const begun = yield* Ref.make<Fiber.Fiber<PreflightReport, PreflightFailed | RunnerFailed> | undefined>(undefined)
  const beganAt = yield* Ref.make(0)
  const begin = Effect.zipRight(
    Effect.flatMap(bootMillis, (now) => Ref.set(beganAt, now)),
    Effect.tap(Effect.forkIn(preflight, scope), (fiber) => Ref.set(begun, fiber))
  )
  const once = yield* Effect.cached(Effect.uninterruptible(begin))
  const unanswered = Effect.gen(function* () {
    const fiber = yield* Ref.get(begun)
    if (fiber === undefined || Option.isSome(yield* fiber.poll)) return undefined
    return (yield* bootMillis) - (yield* Ref.get(beganAt))
  })
  return { ask: Effect.flatMap(once, Fiber.join), unanswered }
})
