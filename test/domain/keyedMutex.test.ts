import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { keyedMutex } from "../../src/domain/keyedMutex.ts"

describe("keyedMutex", () => {
  it.effect("effects with one key wait for each other, those with another key do not", () =>
    Effect.gen(function* () {
      const alone = keyedMutex<string>()
      const log: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const note = (text: string) => Effect.sync(() => log.push(text))
      const first = yield* Effect.fork(alone("a")(Effect.zipRight(Deferred.await(gate), note("first a"))))
      yield* Effect.yieldNow()
      const second = yield* Effect.fork(alone("a")(note("second a")))
      yield* alone("b")(note("b"))
      const waiting = yield* Effect.fork(alone("a")(note("never")))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(waiting)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll([first, second])
      yield* Effect.flip(alone("a")(Effect.fail("failed")))
      yield* alone("a")(note("after a failure"))
      assert.deepStrictEqual(log, ["b", "first a", "second a", "after a failure"])
    })
  )
})
