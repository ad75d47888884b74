import { Deferred, Effect, Option, type Scope } from "effect"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Exec } from "../../exec/Exec.ts"
import { withFileLock, type FileLockFailed } from "../../exec/FileLock.ts"
import { journalFailures } from "../failures.ts"

/**
 * The lock of one run as something to be held for a scope. It is held by a fiber of its own, which gives it back when the
 * scope closes; the lock file names this process and its boot, and is worth nothing once either is gone.
 */
export const makeRunLock = (
  file: string
): Effect.Effect<Effect.Effect<Option.Option<string>, JournalFailed, Scope.Scope>, never, Exec> =>
  Effect.map(Effect.context<Exec>(), (context) =>
    Effect.gen(function* () {
      const taken = yield* Deferred.make<Option.Option<string>, FileLockFailed>()
      const done = yield* Deferred.make<void>()
      const holding = Deferred.succeed(taken, Option.none()).pipe(
        Effect.zipRight(Deferred.await(done)),
        withFileLock(file, 0),
        Effect.catchAll((error) =>
          error.holder === undefined ? Deferred.fail(taken, error) : Deferred.succeed(taken, Option.some(error.holder))
        ),
        Effect.provide(context),
        Effect.asVoid
      )
      yield* Effect.acquireRelease(Effect.forkDaemon(holding), (fiber) =>
        Effect.zipRight(Deferred.succeed(done, undefined), fiber.await)
      )
      return yield* Deferred.await(taken)
    }).pipe(Effect.mapError(journalFailures(file).of), Effect.withSpan("Journal.lock"))
  )
