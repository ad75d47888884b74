import { Duration, Effect, Exit, Fiber, type Option } from "effect"

/**
 * The time that one tool has for a rollback after an interruption. The program must exit within 10 seconds, and 2 seconds may
 * pass to end a tool that ignores SIGTERM: once for the interrupted tool, once for the tool of the rollback.
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
 * Delays an interruption until the effect has ended, at most for `INTERRUPT_GRACE`; then interrupts the effect.
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
