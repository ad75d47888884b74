import { Duration, Effect, Exit, Fiber, type Option } from "effect"

/**
 * How long one tool may take to roll something back after an interruption. The program has ten seconds to exit, and ending a
 * tool that ignores SIGTERM takes two: once for the tool that was at work, once for the tool that rolls back.
 */
export const INTERRUPT_GRACE = Duration.seconds(4)

/**
 * Runs a finalizer's effect: at most for `INTERRUPT_GRACE` after an interruption, otherwise for as long as it takes. `None`
 * if the time was not enough.
 *
 * @example
 * Effect.addFinalizer((exit) => Effect.asVoid(withinGraceIfInterrupted(exit)(removeWorktree)))
 */
export const withinGraceIfInterrupted =
  (exit: Exit.Exit<unknown, unknown>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> =>
    Exit.isInterrupted(exit)
      ? Effect.timeoutOption(Effect.interruptible(effect), INTERRUPT_GRACE)
      : Effect.asSome(effect)

/**
 * Lets the effect finish: an interruption waits `INTERRUPT_GRACE` for its end, and then interrupts the effect too.
 *
 * @example
 * delayInterruption(removeWorktree)
 */
export const delayInterruption = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), (fiber) =>
      Effect.onInterrupt(restore(Fiber.join(fiber)), () =>
        Effect.zipRight(
          Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), INTERRUPT_GRACE),
          Fiber.interrupt(fiber)
        )
      )
    )
  )
