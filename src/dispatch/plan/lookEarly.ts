import { Effect, ExecutionStrategy, Exit, Fiber, Scope } from "effect"
import type { Repository } from "../../domain/Repository.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import type { SettleReport } from "../settle/settleEarlier.ts"
import { look } from "./look.ts"
import { whyPaused } from "./paused.ts"

/**
 * Begins to look while the run settles, if the journal has no open attempt: then settling most often changes nothing. Returns the
 * effect that gives what was seen; it looks once more if settling found something after all. Nothing is looked at during a pause.
 * A host of a fleet looks only when it knows whether it plans.
 *
 * @example
 * const seenAfter = yield* lookEarly(repository)
 * const seen = yield* seenAfter(yield* settleEarlier(options), true)
 */
export const lookEarly = Effect.fn("lookEarly")(function* (repository: Repository) {
  const [{ open }, { offers }] = yield* Effect.all([Journal, Fleet])
  const isQuiet = offers === undefined && (yield* open).length === 0 && (yield* whyPaused) === undefined
  const own = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, ExecutionStrategy.sequential))
  const early = isQuiet ? yield* Effect.forkIn(Scope.extend(look(repository), own), own) : undefined
  return ({ settled }: SettleReport, readsBugs: boolean) =>
    early === undefined
      ? look(repository, readsBugs)
      : settled.length === 0
        ? Fiber.join(early)
        : Effect.zipRight(Scope.close(own, Exit.void), look(repository))
})
