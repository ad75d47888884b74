import { Duration, Effect, Exit, Fiber, Option } from "effect"

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

/** How often an effect may yield before a timer is set for it: most effects of a test end at once. */
const YIELDS = 4

/** The end of the fiber; `None` if it does not end within `limit`. */
const endOf = <A, E>(fiber: Fiber.RuntimeFiber<A, E>, limit: Duration.DurationInput) =>
  Effect.gen(function* () {
    for (let yields = 0; yields < YIELDS; yields++) {
      yield* Effect.yieldNow()
      const exit = yield* Fiber.poll(fiber)
      if (Option.isSome(exit)) return exit
    }
    return yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), limit)
  })

/**
 * Runs the effect for at most `limit`, then `onTimeout`. Does not wait for an effect that cannot be interrupted, which then ends
 * in the background. An interruption from outside waits until the effect has ended, for as long again.
 *
 * @example
 * withinLimit(tracker.show(id), "5 minutes", () => new TrackerFailed({ … }))
 */
export const withinLimit = <A, E, R, B, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  limit: Duration.DurationInput,
  onTimeout: () => Effect.Effect<B, E2, R2>
): Effect.Effect<A | B, E | E2, R | R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), (fiber) =>
      restore(endOf(fiber, limit)).pipe(
        Effect.onInterrupt(() =>
          Effect.zipRight(
            Fiber.interruptFork(fiber),
            Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), limit)
          )
        ),
        Effect.flatMap(
          Option.match({
            onSome: (exit): Effect.Effect<A | B, E | E2, R2> => Effect.zipRight(Fiber.inheritAll(fiber), exit),
            onNone: () => Effect.zipRight(Fiber.interruptFork(fiber), restore(onTimeout()))
          })
        )
      )
    )
  )
