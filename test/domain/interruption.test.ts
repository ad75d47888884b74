import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Ref, TestClock, type Duration } from "effect"
import { INTERRUPT_GRACE, delayInterruption, withinGraceIfInterrupted } from "../../src/domain/interruption.ts"

describe("withinGraceIfInterrupted", () => {
  const finalizerRun = (interrupted: boolean, takes: Duration.DurationInput) =>
    Effect.gen(function* () {
      const done = yield* Ref.make<Option.Option<string> | undefined>(undefined)
      const fiber = yield* Effect.fork(
        Effect.scoped(
          Effect.zipRight(
            Effect.addFinalizer((exit) =>
              Effect.flatMap(withinGraceIfInterrupted(exit)(Effect.as(Effect.sleep(takes), "done")), (result) =>
                Ref.set(done, result)
              )
            ),
            interrupted ? Effect.never : Effect.void
          )
        )
      )
      yield* TestClock.adjust("1 second")
      if (interrupted) yield* Fiber.interruptFork(fiber)
      yield* TestClock.adjust(INTERRUPT_GRACE)
      const inTime = Option.isSome(yield* Fiber.poll(fiber))
      yield* TestClock.adjust("1 hour")
      yield* Fiber.await(fiber)
      return { inTime, done: yield* Ref.get(done) }
    })

  it.effect("a finalizer has as long as it needs, but four seconds after an interruption", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* finalizerRun(false, "1 minute"), { inTime: false, done: Option.some("done") })
      assert.deepStrictEqual(yield* finalizerRun(true, "1 minute"), { inTime: true, done: Option.none() })
      assert.deepStrictEqual(yield* finalizerRun(true, "3 seconds"), { inTime: true, done: Option.some("done") })
    })
  )
})

describe("delayInterruption", () => {
  const endOfInterrupted = (takes: Duration.DurationInput) =>
    Effect.gen(function* () {
      const ended = yield* Ref.make("not ended")
      const work = Effect.onExit(Effect.sleep(takes), (exit) =>
        Ref.set(ended, Exit.isSuccess(exit) ? "done" : "cut short")
      )
      const fiber = yield* Effect.fork(delayInterruption(work))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptFork(fiber)
      yield* TestClock.adjust(INTERRUPT_GRACE)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
      return yield* Ref.get(ended)
    })

  it.effect("an interruption waits for the running effect, but no longer than four seconds", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* endOfInterrupted("3 seconds"), "done")
      assert.strictEqual(yield* endOfInterrupted("1 hour"), "cut short")
    })
  )

  it.effect("without an interruption the effect succeeds and fails as it would alone", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* delayInterruption(Effect.succeed(7)), 7)
      assert.strictEqual(yield* Effect.flip(delayInterruption(Effect.fail("no"))), "no")
    })
  )
})
