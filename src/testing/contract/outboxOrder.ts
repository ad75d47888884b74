import { Effect, TestClock } from "effect"
import { Outbox } from "../../journal/Outbox.ts"
import { assert } from "./assert.ts"
import { messageOf, nextId, queue, sendAll, takeNext } from "./messages.ts"
import { DOWN, fails, HOUR, MINUTE, now, REFUSED, type OutboxCheck } from "./outboxWorld.ts"

/** Which message is taken when. */
export const ordered = (check: OutboxCheck): void => {
  check(
    "messages are taken in the order in which they were queued, one sender at a time",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(2, at), messageOf(1, at - 5)])
      yield* queue([messageOf(3, at - 9)])
      const first = yield* takeNext()
      assert.deepStrictEqual(first, { channel: "slack", message: messageOf(2, at), mayBeRepeat: false, tries: 0 })
      assert.isUndefined(yield* nextId(), "m-2 is being sent")
      yield* outbox.sent(first)
      assert.deepStrictEqual(yield* sendAll(), ["m-1", "m-3"])
      assert.deepStrictEqual(yield* outbox.waiting, [])
    })
  )

  check(
    "a message is not taken before its time, and does not hold back one that may go now",
    Effect.gen(function* () {
      const at = yield* now
      const morning = { message: messageOf(1, at), notBefore: at + HOUR }
      yield* queue([morning, messageOf(2, at)])
      assert.deepStrictEqual(yield* sendAll(), ["m-2"])
      yield* TestClock.adjust(HOUR - 1)
      assert.deepStrictEqual(yield* sendAll(), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* sendAll(), ["m-1"])
    })
  )

  check(
    "a message that was not sent is tried after 1, 2, 4 … minutes and at most 6 hours, and holds back the later ones",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at), messageOf(2, at)])
      const waits: Array<number> = []
      for (let tries = 0; tries < 12; tries++) {
        const taken = yield* takeNext()
        assert.deepInclude(taken, { tries, mayBeRepeat: false })
        assert.strictEqual(taken.message.id, "m-1")
        yield* outbox.notSent(taken, DOWN)
        const [found] = yield* outbox.waiting
        assert(found !== undefined)
        const wait = found.next - (yield* now)
        assert.deepStrictEqual(found, {
          channel: "slack",
          messages: 2,
          oldest: at,
          next: (yield* now) + wait,
          detail: "connection refused"
        })
        yield* TestClock.adjust(wait - 1)
        assert.isUndefined(yield* nextId(), "too early")
        yield* TestClock.adjust(1)
        waits.push(wait / MINUTE)
      }
      assert.deepStrictEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360])
      assert.deepStrictEqual(yield* sendAll(), ["m-1", "m-2"])
    })
  )

  check(
    "retryAfter counts if it is longer than the backoff, up to a day",
    Effect.gen(function* () {
      const at = yield* now
      yield* queue([messageOf(1, at)])
      const next = Effect.fn("next")(function* (retryAfter: number) {
        const wait = ((yield* fails({ ...DOWN, reason: "busy", retryAfter }))?.next ?? 0) - (yield* now)
        yield* TestClock.adjust(wait)
        return wait
      })
      assert.strictEqual(yield* next(1000), MINUTE)
      assert.strictEqual(yield* next(7 * MINUTE + 0.5), 7 * MINUTE + 1)
      assert.strictEqual(yield* next(99 * 24 * HOUR), 24 * HOUR)
    })
  )

  check(
    "a refused message waits, and does not hold back the later ones",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at), messageOf(2, at), messageOf(3, at)])
      yield* fails(REFUSED)
      const second = yield* takeNext()
      assert.strictEqual(second.message.id, "m-2")
      yield* outbox.notSent(second, { ...DOWN, retryAfter: HOUR })
      assert.isUndefined(yield* nextId(), "m-2 holds back m-3, and m-1 waits for its next try")
      const [found] = yield* outbox.waiting
      assert.deepInclude(found, { messages: 3, next: at + MINUTE, detail: "connection refused" })
      yield* TestClock.adjust(MINUTE)
      assert.deepStrictEqual(yield* sendAll(), ["m-1"])
      yield* TestClock.adjust(HOUR)
      assert.deepStrictEqual(yield* sendAll(), ["m-2", "m-3"])
    })
  )
}
