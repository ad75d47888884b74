import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Option, TestClock, type Layer, type Scope } from "effect"
import type { JournalFailed } from "../../src/domain/Failure.ts"
import { REDACTED } from "../../src/domain/environmentSecrets.ts"
import type { OtherTracker } from "../../src/journal/identity.ts"
import { GIVE_UP_AFTER, MOST_WAITING, NEWEST_KEPT, Outbox, SEND_LEASE, type NotSent } from "../../src/journal/Outbox.ts"
import { conditionOf, messageOf, nextId, queue, sendAll, takeNext } from "./messages.ts"

/** Makes an empty outbox. */
export type OutboxWorld = Effect.Effect<Layer.Layer<Outbox, JournalFailed | OtherTracker>, never, Scope.Scope>

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const DOWN: NotSent = { reason: "unreachable", detail: "connection refused" }
const REFUSED: NotSent = { reason: "refused", detail: "invalid_blocks" }
const UNKNOWN: NotSent = { reason: "unknown", detail: "no answer within 10 seconds" }

/** In parts, so that no secret scanner reports this file. */
const TOKEN = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")

/** A message that was taken, and what waits after its sender has said this. */
const fails = Effect.fn("fails")(function* (why: NotSent) {
  const outbox = yield* Outbox
  yield* outbox.notSent(yield* takeNext(), why)
  return (yield* outbox.waiting)[0]
})

/** The tests that every `Outbox` must pass. */
export const outboxContract = (name: string, world: OutboxWorld): void => {
  describe(`Outbox contract: ${name}`, () => {
    const test = <E>(title: string, body: Effect.Effect<void, E, Outbox | Scope.Scope>) =>
      it.scoped(title, () =>
        Effect.flatMap(world, (layer) =>
          Effect.provide(Effect.zipRight(TestClock.setTime(10 * 24 * HOUR), body), layer)
        )
      )
    const now = Clock.currentTimeMillis

    test(
      "is empty at first",
      Effect.gen(function* () {
        const outbox = yield* Outbox
        assert.deepStrictEqual(yield* outbox.open, [])
        assert.deepStrictEqual(yield* outbox.waiting, [])
        assert.isTrue(Option.isNone(yield* outbox.take("slack")))
      })
    )

    test(
      "compare: the open conditions are those that it leaves open, by key",
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const after = (...open: ReadonlyArray<ReturnType<typeof conditionOf>>) =>
          outbox.compare([], () => ({ open, messages: [] }))
        yield* after(conditionOf(2), conditionOf(1), conditionOf(3))
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1), conditionOf(2), conditionOf(3)])
        const seen: Array<unknown> = []
        yield* outbox.compare([], (open) => {
          seen.push(...open)
          return { open: [conditionOf(1), { ...conditionOf(3, "4 attempts"), told: 7 }], messages: [] }
        })
        assert.deepStrictEqual(seen, [conditionOf(1), conditionOf(2), conditionOf(3)])
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1), { ...conditionOf(3, "4 attempts"), told: 7 }])
        yield* after(conditionOf(1), conditionOf(1, "the last one counts"))
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1, "the last one counts")])
        yield* after()
        assert.deepStrictEqual(yield* outbox.open, [])
      })
    )

    test(
      "compare: two that look at once do not tell of one thing twice",
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const at = yield* now
        const look = (n: number) =>
          outbox.compare(["slack"], (open) =>
            open.length > 0
              ? { open, messages: [] }
              : { open: [conditionOf(1)], messages: [{ message: messageOf(n, at), notBefore: at }] }
          )
        const told = yield* Effect.all([look(1), look(2), look(3)], { concurrency: "unbounded" })
        assert.lengthOf(told.flat(), 1)
        assert.lengthOf(yield* sendAll(), 1)
      })
    )

    test(
      "compare: a decision that dies changes nothing, and later ones go on",
      Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* outbox.compare([], () => ({ open: [conditionOf(1)], messages: [] }))
        const exit = yield* Effect.exit(
          outbox.compare(["slack"], () => {
            throw new Error("a bug of ours")
          })
        )
        assert.strictEqual(exit._tag, "Failure")
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1)])
        yield* queue([messageOf(1, yield* now)])
        assert.deepStrictEqual(yield* sendAll(), ["m-1"])
      })
    )

    test(
      "a message is queued once for each channel, and its id is not queued again, even after it was sent",
      Effect.gen(function* () {
        const at = yield* now
        const [first, second] = [messageOf(1, at), messageOf(2, at)]
        assert.deepStrictEqual(yield* queue([first, first, second], ["slack", "mail", "slack"]), [first, second])
        assert.deepStrictEqual(yield* sendAll("slack"), ["m-1", "m-2"])
        assert.deepStrictEqual(yield* sendAll("webhook"), [])
        assert.deepStrictEqual(yield* queue([messageOf(2, at + 1), messageOf(3, at)], ["slack", "webhook"]), [
          messageOf(3, at)
        ])
        assert.deepStrictEqual(yield* sendAll("slack"), ["m-3"])
        assert.deepStrictEqual(yield* sendAll("webhook"), ["m-3"])
        assert.deepStrictEqual(yield* sendAll("mail"), ["m-1", "m-2"])
        yield* queue([messageOf(4, at)], [])
        assert.deepStrictEqual(yield* queue([messageOf(4, at)]), [], "it was queued for no channel")
      })
    )

    test(
      "keeps no secret: neither in conditions nor in messages nor in why one was not sent",
      Effect.gen(function* () {
        const outbox = yield* Outbox
        const said = { ...messageOf(1, yield* now), what: `${TOKEN} failed`, lines: [`see ${TOKEN}`] }
        const { condition, since } = conditionOf(1)
        const written = yield* outbox.compare(["slack"], () => ({
          open: [{ condition: { ...condition, what: `${TOKEN} failed` }, since }],
          messages: [{ message: said, notBefore: 0 }]
        }))
        const kept = { ...said, what: `${REDACTED} failed`, lines: [`see ${REDACTED}`] }
        assert.deepStrictEqual(written, [kept], "it returns what it has written")
        assert.strictEqual((yield* outbox.open)[0]?.condition.what, `${REDACTED} failed`)
        const taken = yield* takeNext()
        assert.deepStrictEqual(taken.message, kept)
        yield* outbox.notSent(taken, { reason: "busy", detail: `${TOKEN}\nis busy` })
        assert.strictEqual((yield* outbox.waiting)[0]?.detail, `${REDACTED} is busy`)
      })
    )

    test(
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

    test(
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

    test(
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
          const wait = found!.next - (yield* now)
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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

    test(
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
  })
}
