import { Duration, Effect, TestClock } from "effect"
import { Outbox, SEND_LEASE } from "../../journal/Outbox.ts"
import { assert } from "./assert.ts"
import { messageOf, nextId, queue, takeNext } from "./messages.ts"
import { DOWN, fails, HOUR, MINUTE, now, UNKNOWN, type OutboxCheck } from "./outboxWorld.ts"

/** What becomes of a message whose sender gave no answer, ended or was late. */
export const lost = (check: OutboxCheck): void => {
  check(
    "without an answer a message is tried once more, as one that may be a repeat, and then given up",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at), messageOf(2, at)])
      yield* fails(UNKNOWN)
      assert.isUndefined(yield* nextId())
      yield* TestClock.adjust(MINUTE)
      const again = yield* takeNext()
      assert.deepInclude(again, { message: messageOf(1, at), mayBeRepeat: true, tries: 1 })
      yield* outbox.notSent(again, DOWN)
      yield* TestClock.adjust(2 * MINUTE)
      const third = yield* takeNext()
      assert.deepInclude(third, { mayBeRepeat: true, tries: 2 }, "the second try did not arrive")
      yield* outbox.notSent(third, UNKNOWN)
      const next = yield* takeNext()
      assert.deepInclude(next, { message: messageOf(2, at), mayBeRepeat: false, tries: 0 })
    })
  )

  check(
    "a message whose sender ended is taken once more after its lease, as one that may be a repeat, and then given up",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at), messageOf(2, at)])
      yield* takeNext()
      assert.deepInclude((yield* outbox.waiting)[0], { messages: 2, next: at + Duration.toMillis(SEND_LEASE) })
      yield* TestClock.adjust(Duration.toMillis(SEND_LEASE) - 1)
      assert.isUndefined(yield* nextId())
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* takeNext(), { message: messageOf(1, at), mayBeRepeat: true, tries: 1 })
      yield* TestClock.adjust(SEND_LEASE)
      assert.deepInclude(yield* takeNext(), { message: messageOf(2, at), mayBeRepeat: false, tries: 0 })
      assert.deepInclude((yield* outbox.waiting)[0], { messages: 1 })
    })
  )

  check(
    "a sender whose message was taken over changes nothing any more",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at)])
      const slow = yield* takeNext()
      yield* TestClock.adjust(SEND_LEASE)
      const other = yield* takeNext()
      const before = yield* outbox.waiting
      yield* outbox.notSent(slow, DOWN)
      yield* outbox.sent(slow)
      assert.deepStrictEqual(yield* outbox.waiting, before)
      yield* outbox.sent(other)
      yield* outbox.notSent(other, DOWN)
      yield* outbox.notSent(slow, DOWN)
      assert.deepStrictEqual(yield* outbox.waiting, [])
    })
  )

  check(
    "a sender that is late, whose message nobody has taken over, is believed that it arrived",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* queue([messageOf(1, yield* now)])
      const taken = yield* takeNext()
      yield* TestClock.adjust(HOUR)
      yield* outbox.sent(taken)
      assert.deepStrictEqual(yield* outbox.waiting, [])
      assert.isUndefined(yield* nextId())
    })
  )

  check(
    "a clock that is set back delays nothing by more than a day",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at)], ["slack", "mail"])
      yield* takeNext("slack")
      yield* outbox.notSent(yield* takeNext("mail"), { ...DOWN, retryAfter: HOUR })
      yield* TestClock.setTime(at - 5 * 24 * HOUR)
      assert.deepInclude(yield* takeNext("slack"), { mayBeRepeat: true })
      assert.deepInclude(yield* takeNext("mail"), { mayBeRepeat: false, tries: 1 })
    })
  )
}
