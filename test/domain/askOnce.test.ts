import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { askOnce } from "../../src/domain/askOnce.ts"

describe("askOnce", () => {
  /** Fails the first `failures` times, then answers how often it was asked. */
  const counting = (failures: number) => {
    let asked = 0
    return Effect.suspend(() => (++asked > failures ? Effect.succeed(asked) : Effect.fail("no answer")))
  }

  it.effect("remembers a success, for askers at the same time too", () =>
    Effect.gen(function* () {
      const { ask } = yield* askOnce(Effect.zipRight(Effect.yieldNow(), counting(0)))
      const fiber = yield* Effect.fork(Effect.all([ask, ask, ask], { concurrency: "unbounded" }))
      assert.deepStrictEqual(yield* Fiber.join(fiber), [1, 1, 1])
    })
  )

  it.effect("asks again after a failure, after an interruption, and once forgotten", () =>
    Effect.gen(function* () {
      const { ask, forget } = yield* askOnce(counting(1))
      assert.strictEqual(yield* Effect.flip(ask), "no answer")
      assert.strictEqual(yield* ask, 2)
      assert.strictEqual(yield* ask, 2)
      yield* forget
      assert.strictEqual(yield* ask, 3)

      let isFirst = true
      const hangsFirst = yield* askOnce(
        Effect.suspend(() => (isFirst ? ((isFirst = false), Effect.never) : Effect.succeed("second")))
      )
      yield* Effect.fork(hangsFirst.ask).pipe(Effect.tap(Effect.yieldNow()), Effect.flatMap(Fiber.interrupt))
      assert.strictEqual(yield* hangsFirst.ask, "second")
    })
  )
})
