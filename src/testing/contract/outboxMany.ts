import { Duration, Effect, TestClock } from "effect"
import { GIVE_UP_AFTER, MOST_WAITING, NEWEST_KEPT, Outbox } from "../../journal/Outbox.ts"
import { assert } from "./assert.ts"
import { messageOf, nextId, queue, sendAll, takeNext } from "./messages.ts"
import { DOWN, fails, MINUTE, now, type OutboxCheck } from "./outboxWorld.ts"

/** What becomes of old messages, and of too many. */
export const many = (check: OutboxCheck): void => {
  check(
    "messages that are too old are given up",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at), messageOf(2, at + 1)])
      yield* fails(DOWN)
      yield* TestClock.adjust(Duration.toMillis(GIVE_UP_AFTER) + 1)
      assert.deepInclude((yield* outbox.waiting)[0], { messages: 1, oldest: at + 1 }, "m-1 waits for nothing")
      assert.deepStrictEqual(yield* sendAll(), ["m-2"])
    })
  )

  check(
    "what waits, of each channel",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      yield* queue([messageOf(1, at - 9), { message: messageOf(2, at), notBefore: at + 5 }], ["webhook", "slack"])
      yield* queue([{ message: messageOf(3, at), notBefore: at + 7 }], ["mail"])
      yield* outbox.sent(yield* takeNext("slack"))
      assert.deepStrictEqual(yield* outbox.waiting, [
        { channel: "mail", messages: 1, oldest: at, next: at + 7, detail: undefined },
        { channel: "slack", messages: 1, oldest: at, next: at + 5, detail: undefined },
        { channel: "webhook", messages: 2, oldest: at - 9, next: 0, detail: undefined }
      ])
    })
  )

  check(
    "with too many waiting, one message counts the older ones by kind, and the newest stay",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const at = yield* now
      const many = Array.from({ length: MOST_WAITING + 1 }, (_, n) =>
        messageOf(n + 1, at + n * MINUTE, n % 4 === 0 ? { kind: "fallback" } : {})
      )
      yield* queue(many.slice(0, -1))
      yield* fails(DOWN)
      assert.deepInclude((yield* outbox.waiting)[0], { messages: MOST_WAITING }, "as many may wait")
      yield* queue(many.slice(-1))
      assert.isUndefined(yield* nextId(), "the channel is tried no sooner")
      assert.deepInclude((yield* outbox.waiting)[0], { messages: NEWEST_KEPT + 1, next: at + MINUTE })
      yield* TestClock.adjust(MINUTE)
      const taken = yield* takeNext()
      const { lines, what, ...others } = taken.message
      assert.deepInclude(taken, { mayBeRepeat: false, tries: 1 })
      assert.deepInclude(others, {
        change: "digest",
        kind: "digest",
        level: "warning",
        host: "vm-1",
        repository: "shop",
        at,
        since: at
      })
      assert.strictEqual(what, "41 messages were left out, because more than 60 waited for slack")
      assert.deepStrictEqual(
        lines.map((line) => line.replaceAll(/\d\d:\d\d/g, "TIME")),
        ["30 × gave up (TIME to TIME)", "11 × fallback (TIME to TIME)"]
      )
      yield* outbox.sent(taken)
      assert.deepStrictEqual(
        yield* sendAll(),
        many.slice(-NEWEST_KEPT).map(({ id }) => id)
      )
    })
  )

  check(
    "messages that were left out before are counted again, and each channel by itself",
    Effect.gen(function* () {
      const at = yield* now
      const some = (from: number, count: number) =>
        Array.from({ length: count }, (_, n) => messageOf(from + n, at + from))
      yield* queue(some(1, 70), ["slack", "mail"])
      yield* fails(DOWN)
      yield* queue(some(101, 50), ["slack"])
      yield* TestClock.adjust(MINUTE)
      const { message } = yield* takeNext()
      assert.match(message.what, /^100 messages were left out/)
      assert.match(message.lines.join("\n"), /^100 × gave up \(\S+ to \S+\)$/)
      assert.strictEqual(message.since, at + 1)
      assert.match((yield* takeNext("mail")).message.what, /^50 messages .* waited for mail$/)
    })
  )
}
