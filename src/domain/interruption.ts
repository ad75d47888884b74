import { Duration, Effect, Exit, Fiber, type Option } from "effect"

/**
 * How long one tool may take to put something back when the program was interrupted: it has ten seconds to leave, and to end
 * a tool that ignores SIGTERM takes two, for the one that was at work and for the one that puts back.
 */
export const INTERRUPT_GRACE = Duration.seconds(4)

/**
 * What a finalizer does: after an interruption at most for `INTERRUPT_GRACE`, else for as long as it takes. Nothing when there was
 * not enough time.
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
 * Something that is better not cut short: an interruption waits `INTERRUPT_GRACE` for its end, and then interrupts it too.
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
