import { Effect, Option } from "effect"
import { REDACTED } from "../../domain/environmentSecrets.ts"
import { Outbox } from "../../journal/Outbox.ts"
import { assert } from "./assert.ts"
import { conditionOf, messageOf, queue, sendAll, takeNext } from "./messages.ts"
import { now, TOKEN, type OutboxCheck } from "./outboxWorld.ts"

/** What is queued, and what is kept of it. */
export const queued = (check: OutboxCheck): void => {
  check(
    "is empty at first",
    Effect.gen(function* () {
      const outbox = yield* Outbox
      assert.deepStrictEqual(yield* outbox.open, [])
      assert.deepStrictEqual(yield* outbox.waiting, [])
      assert.isTrue(Option.isNone(yield* outbox.take("slack")))
    })
  )

  check(
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

  check(
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

  check(
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

  check(
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

  check(
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
}
