import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer, Option, Scope, TestClock } from "effect"
import * as fs from "node:fs"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import { knowing } from "../../../src/domain/Redaction.ts"
import { journalFailures } from "../../../src/journal/failures.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { GIVE_UP_AFTER, Outbox, SEND_LEASE } from "../../../src/journal/Outbox.ts"
import { connect } from "../../../src/journal/sqlite/database.ts"
import { makeOutbox } from "../../../src/journal/sql/outbox.ts"
import { makeTransactions } from "../../../src/journal/sqlite/transactions.ts"
import { intentOf } from "../../contract/attempts.ts"
import { conditionOf, messageOf, nextId, queue, sendAll, takeNext } from "../../contract/messages.ts"
import { withLog } from "../../dispatch/support.ts"
import {
  database,
  journalIn,
  ofVersion,
  once,
  query,
  readingIn,
  replaceDatabase,
  stateDirectory,
  statementsOf,
  viewingIn
} from "./journalWorld.ts"
import { cpuTime } from "../../cpuTime.ts"

const DOWN = { reason: "unreachable", detail: "connection refused" } as const

/** Does this with the outbox in this state directory, in a process of its own as far as SQLite knows. */
const inOutbox = <A, E>(directory: string, work: Effect.Effect<A, E, Outbox>) =>
  Effect.provide(work, journalIn(directory))

/** An outbox in which so many messages wait for each of two channels, made within the last hours. */
const crowded = Effect.fn("crowded")(function* (messages: number, now: number) {
  const directory = yield* stateDirectory
  yield* inOutbox(directory, Effect.void)
  const message = JSON.stringify(messageOf(1, now)).replace('"id":"m-1"', '"id":"m-\' || n || \'"')
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${messages})`
  yield* query(
    directory,
    `INSERT INTO messages (id, place, at, kind, message)
      ${numbers} SELECT 'm-' || n, n, ${now} - ${messages} + n, CASE n % 3 WHEN 0 THEN 'gave_up' ELSE 'fallback' END,
        '${message}' FROM numbers`,
    ...["slack", "mail"].map(
      (channel) => `INSERT INTO deliveries (channel, message, place, at, state, tries, next, is_repeat)
        SELECT '${channel}', id, place, at, 'waiting', 0, 0, 0 FROM messages`
    )
  )
  return directory
})

describe("the outbox on disk", () => {
  it.scoped("the next process finds what the last one queued, and what became of it", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* inOutbox(
        directory,
        Effect.gen(function* () {
          const outbox = yield* Outbox
          yield* outbox.compare(["slack"], () => ({
            open: [conditionOf(1)],
            messages: [1, 2].map((n) => ({ message: messageOf(n, 0), notBefore: 0 }))
          }))
          yield* outbox.sent(yield* takeNext())
          yield* outbox.notSent(yield* takeNext(), DOWN)
        })
      )
      const [open, waiting] = yield* inOutbox(
        directory,
        Effect.flatMap(Outbox, (outbox) => Effect.all([outbox.open, outbox.waiting]))
      )
      assert.deepStrictEqual(open, [conditionOf(1)])
      assert.deepStrictEqual(waiting, [
        { channel: "slack", messages: 1, oldest: 0, next: 60_000, detail: "connection refused" }
      ])
    })
  )

  it.scoped("a process that ends between sending and writing it down: its message is sent once more, and says so", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const scope = yield* Scope.make()
      const process = yield* Layer.buildWithScope(journalIn(directory), scope)
      yield* Effect.provide(Effect.zipRight(queue([messageOf(1, 0)]), takeNext()), process)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust(Duration.toMillis(SEND_LEASE) - 1)
      assert.isUndefined(yield* inOutbox(directory, nextId()))
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* inOutbox(directory, takeNext()), { mayBeRepeat: true, tries: 1 })
      yield* TestClock.adjust(SEND_LEASE)
      const { lines, result } = yield* withLog(inOutbox(directory, nextId()))
      assert.isUndefined(result)
      assert.match(lines.join("\n"), /slack: the message .*m-1.* is given up: it may have arrived/)
      const [row] = yield* query(directory, "SELECT state, detail FROM deliveries")
      assert.deepInclude(row, { state: "given_up" })
      assert.match(String(row?.["detail"]), /it may have arrived, so it is not sent a third time: its sender ended/)
    })
  )

  it.scoped("says in the log how many messages are given up because they are old", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* inOutbox(directory, queue([1, 2].map((n) => messageOf(n, 0))))
      yield* TestClock.adjust(Duration.toMillis(GIVE_UP_AFTER) + 1)
      const { lines } = yield* withLog(inOutbox(directory, nextId()))
      assert.match(lines.join("\n"), /slack: 2 messages are given up: .*not sent within 4d/)
    })
  )

  it.scoped("writes only the conditions that changed", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* inOutbox(
        directory,
        Effect.gen(function* () {
          const outbox = yield* Outbox
          const opening = (last: string) => ({
            open: [conditionOf(1), conditionOf(2), conditionOf(3, last)],
            messages: []
          })
          yield* outbox.compare([], () => opening("3 attempts"))
          const asked = yield* statementsOf(outbox.compare([], () => opening("4 attempts")))
          const written = asked.filter(([sql]) => sql.startsWith("INSERT"))
          assert.lengthOf(written, 1)
          assert.include(written[0]?.[1] ?? [], "gave_up bd-3")
        })
      )
    })
  )

  it.scopedLive("with 10,000 messages waiting, each method takes well under 100 ms", () =>
    Effect.gen(function* () {
      const directory = yield* crowded(10_000, Date.now())
      yield* inOutbox(
        directory,
        Effect.gen(function* () {
          const outbox = yield* Outbox
          yield* outbox.take("webhook")
          const timed = Effect.fnUntraced(function* <A, E>(work: Effect.Effect<A, E>) {
            const begin = cpuTime()
            const result = yield* work
            return [cpuTime() - begin, result] as const
          })
          const [waitingTook, waiting] = yield* timed(outbox.waiting)
          assert.deepStrictEqual(
            waiting.map(({ messages }) => messages),
            [10_000, 10_000]
          )
          const [firstTook, first] = yield* timed(outbox.take("mail"))
          const [secondTook, second] = yield* timed(outbox.take("slack"))
          assert.match(Option.getOrThrow(first).message.what, /^9980 messages were left out/)
          const { message } = Option.getOrThrow(second)
          assert.match(message.lines.join("\n"), /^6654 × fallback .*\n3326 × gave up/)
          yield* outbox.sent(Option.getOrThrow(second))
          const [nextTook, next] = yield* timed(outbox.take("slack"))
          assert.strictEqual(Option.getOrThrow(next).message.id, "m-9981")
          assert.isBelow(waitingTook, 100, "waiting")
          // The faster of the two: the machine may be busy with something else for a moment.
          assert.isBelow(Math.min(firstTook, secondTook), 100, "take, with all of them")
          assert.isBelow(nextTook, 100, "take, with those that stay")
        })
      )
    })
  )

  it.scopedLive("no statement reads all messages or deliveries", () =>
    Effect.gen(function* () {
      const now = Date.now()
      const directory = yield* crowded(100, now)
      const transactions = yield* makeTransactions(connect(database(directory)))
      const outbox = makeOutbox(transactions, journalFailures(database(directory)), (text) => text)
      const asked = yield* statementsOf(
        Effect.gen(function* () {
          yield* outbox.compare(["slack"], () => ({
            open: [conditionOf(1)],
            messages: [{ message: messageOf(101, now), notBefore: 0 }]
          }))
          for (let n = 0; n < 3; n++) {
            const taken = Option.getOrThrow(yield* outbox.take("slack"))
            yield* n < 2 ? outbox.sent(taken) : outbox.notSent(taken, DOWN)
          }
          yield* outbox.waiting
        })
      )
      assert.isAtLeast(asked.length, 20)
      const connection = yield* connect(database(directory))
      // Conditions are few, and a CTE has only what the statement searched.
      const small = /^SCAN (conditions|u|l|h|undelivered|holding|json_each VIRTUAL TABLE)\b/
      for (const [sql, params] of asked) {
        if (/^(BEGIN|COMMIT)/.test(sql)) continue
        const plan = yield* connection.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, params)
        const scans = plan
          .map(({ detail }) => detail)
          .filter((detail) => /^SCAN (?!CONSTANT ROW)/.test(detail) && !small.test(detail))
        assert.deepStrictEqual(scans, [], sql)
      }
    })
  )

  it.scoped("contains no secret in any byte", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const secret = "correct-horse-battery"
      const { condition, since } = conditionOf(1)
      const layer = Layer.provide(journalIn(directory), knowing([secret]))
      yield* Effect.gen(function* () {
        const outbox = yield* Outbox
        const said = `it said ${secret}`
        yield* outbox.compare(["slack"], () => ({
          open: [{ condition: { ...condition, what: said, follows: said, commands: [said] }, since }],
          messages: [
            { message: messageOf(1, 0, { what: said, follows: said, lines: [said], commands: [said] }), notBefore: 0 }
          ]
        }))
        yield* outbox.notSent(yield* takeNext(), { reason: "unknown", detail: said })
        for (const name of fs.readdirSync(directory).filter((each) => each.startsWith("journal.db"))) {
          const bytes = fs.readFileSync(`${directory}/${name}`, "latin1")
          assert.notInclude(bytes, "correct-horse", name)
        }
      }).pipe(Effect.provide(layer))
      assert.include(String((yield* query(directory, "SELECT detail FROM deliveries"))[0]?.["detail"]), "it said [")
    })
  )

  it.scoped("a word of a fixed list or an id that is also a secret is kept", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const words = ["recovered", "gave_up bd-1", "night-of-bd-1", "fingerprint-1"]
      const message = messageOf(1, 0, { change: "recovered", id: "night-of-bd-1" })
      yield* Effect.gen(function* () {
        const outbox = yield* Outbox
        yield* outbox.compare(["slack"], () => ({
          open: [conditionOf(1, "fingerprint-1")],
          messages: [{ message, notBefore: 0 }]
        }))
        assert.deepStrictEqual((yield* takeNext()).message, message)
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1, "fingerprint-1")])
      }).pipe(Effect.provide(Layer.provide(journalIn(directory), knowing(words))))
    })
  )
})

describe("pruning the outbox", () => {
  it.scoped("removes old messages that wait for no channel; open conditions stay", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const day = Duration.toMillis("1 day")
      yield* Effect.gen(function* () {
        const [journal, outbox] = yield* Effect.all([Journal, Outbox])
        yield* outbox.compare([], () => ({ open: [conditionOf(1)], messages: [] }))
        yield* queue([messageOf(1, 0)], ["slack", "mail"])
        yield* queue([messageOf(2, 0)], ["slack"])
        yield* queue([messageOf(3, 9)], ["slack"])
        yield* queue([messageOf(4, 0)], [])
        yield* sendAll("slack")
        const prune = (dryRun: boolean) =>
          Effect.map(journal.prune({ before: 5, over: [], dryRun }), ({ alerts }) => alerts)
        const left = Effect.map(query(directory, "SELECT id FROM messages ORDER BY id"), (rows) =>
          rows.map(({ id }) => id)
        )
        assert.strictEqual(yield* prune(true), 2)
        assert.lengthOf(yield* left, 4, "a dry run removes nothing")
        assert.strictEqual(yield* prune(false), 2)
        assert.deepStrictEqual(yield* left, ["m-1", "m-3"], "m-1 waits for mail, m-3 is not old")
        yield* TestClock.adjust(5 * day)
        assert.strictEqual(yield* prune(false), 1, "nobody would send m-1 any more")
        assert.lengthOf(yield* query(directory, "SELECT 1 FROM deliveries"), 1)
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1)])
        yield* queue([messageOf(5, 5 * day)])
        assert.deepStrictEqual(yield* sendAll(), ["m-5"])
      }).pipe(Effect.provide(journalIn(directory)))
    })
  )
})

describe("the outbox of a journal that is only shown, or cannot be used", () => {
  type Calls = ReadonlyArray<Effect.Effect<unknown, JournalFailed>>
  const taken = { channel: "slack", message: messageOf(1, 0), mayBeRepeat: false, tries: 0 } as const
  const readsOf = (outbox: Outbox["Type"]): Calls => [outbox.open, outbox.waiting]
  const writesOf = (outbox: Outbox["Type"]): Calls => [
    outbox.compare(["slack"], (open) => ({ open, messages: [] })),
    outbox.take("slack"),
    outbox.sent(taken),
    outbox.notSent(taken, DOWN)
  ]
  const filled = Effect.tap(stateDirectory, (directory) =>
    inOutbox(
      directory,
      Effect.flatMap(Outbox, (outbox) =>
        outbox.compare(["slack"], () => ({
          open: [conditionOf(1)],
          messages: [{ message: messageOf(1, 0), notBefore: 0 }]
        }))
      )
    )
  )
  const failWith = (calls: Calls, reason: JournalFailed["reason"], words: RegExp) =>
    Effect.forEach(calls, (call) =>
      Effect.map(Effect.flip(Effect.asVoid(call)), (error) => {
        assert.include(error, { _tag: "JournalFailed", reason }, error.message)
        assert.match(error.message, words)
      })
    )
  const outboxIn = <E>(layer: Layer.Layer<Outbox, E>) => Effect.map(Layer.build(layer), Context.get(Outbox))

  for (const [what, layerIn] of [
    ["viewing", viewingIn],
    ["reading", readingIn]
  ] as const) {
    it.scoped(`${what}: shows what there is, and writes nothing`, () =>
      Effect.gen(function* () {
        const outbox = yield* outboxIn(layerIn(yield* filled))
        assert.deepStrictEqual(yield* outbox.open, [conditionOf(1)])
        assert.strictEqual((yield* outbox.waiting)[0]?.messages, 1)
        yield* failWith(writesOf(outbox), "unusable", /only reads it/)
        assert.strictEqual((yield* outbox.waiting)[0]?.messages, 1)
      })
    )

    it.scoped(`${what}, without a journal: nothing is open, and none is made`, () =>
      Effect.gen(function* () {
        const directory = yield* stateDirectory
        const outbox = yield* outboxIn(layerIn(directory))
        assert.deepStrictEqual(yield* Effect.all([outbox.open, outbox.waiting]), [[], []])
        yield* failWith(writesOf(outbox), "unusable", /only reads it/)
        assert.isFalse(fs.existsSync(directory))
      })
    )
  }

  it.scoped("of a later version, or damaged as a whole: each method fails", () =>
    Effect.gen(function* () {
      const [later, damaged] = yield* Effect.all([filled, filled])
      yield* query(later, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (99, 'of_tomorrow')")
      const ofLater = yield* outboxIn(viewingIn(later))
      yield* failWith([...readsOf(ofLater), ...writesOf(ofLater)], "newer", /99.*Use that version/)
      replaceDatabase(damaged, "no database\n".repeat(1000))
      const ofDamaged = yield* outboxIn(viewingIn(damaged))
      yield* failWith([...readsOf(ofDamaged), ...writesOf(ofDamaged)], "corrupt", /it is damaged/)
    })
  )

  it.scoped("of the version before it: a reader says what brings it up to date, and a run does", () =>
    Effect.gen(function* () {
      const directory = yield* ofVersion(7)
      const outbox = yield* outboxIn(viewingIn(directory))
      yield* failWith([...readsOf(outbox), ...writesOf(outbox)], "unusable", /earlier version made it \(schema 7\)/)
      yield* once(directory, (journal) => journal.intend(intentOf(1)))
      yield* inOutbox(directory, queue([messageOf(1, 0)]))
      assert.deepStrictEqual(yield* inOutbox(directory, sendAll()), ["m-1"])
    })
  )

  it.scoped("with a record that cannot be decoded: only what reads it fails", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      yield* inOutbox(directory, queue([messageOf(2, 0)], ["mail"]))
      yield* query(directory, "UPDATE messages SET message = '{}' WHERE id = 'm-1'")
      const services = yield* Layer.build(journalIn(directory))
      const [journal, outbox] = [Context.get(services, Journal), Context.get(services, Outbox)]
      yield* failWith([outbox.take("slack")], "corrupt", /it is damaged/)
      assert.strictEqual((yield* outbox.waiting).length, 2)
      assert.deepStrictEqual(yield* Effect.provide(sendAll("mail"), services), ["m-2"])
      yield* query(directory, "UPDATE deliveries SET state = 'nowhere' WHERE channel = 'slack'")
      yield* failWith([outbox.sent(taken)], "corrupt", /it is damaged/)
      yield* query(directory, "UPDATE conditions SET condition = '{}'")
      yield* failWith([outbox.open, outbox.compare([], (open) => ({ open, messages: [] }))], "corrupt", /it is damaged/)
      yield* journal.intend(intentOf(1))
      assert.lengthOf(yield* journal.open, 1)
    })
  )

  it.scoped("with a table that is gone: only the methods of the outbox fail", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      const services = yield* Layer.build(journalIn(directory))
      const outbox = Context.get(services, Outbox)
      yield* query(directory, ...["deliveries", "messages", "conditions"].map((table) => `DROP TABLE ${table}`))
      yield* failWith([...readsOf(outbox), ...writesOf(outbox)], "unusable", /no such table/)
      yield* Context.get(services, Journal).intend(intentOf(1))
      assert.lengthOf(yield* Context.get(services, JournalQueries).open, 1)
    })
  )

  it.scoped("whose state directory was replaced: no method writes", () =>
    Effect.gen(function* () {
      const directory = yield* filled
      const outbox = yield* outboxIn(journalIn(directory))
      fs.cpSync(directory, `${directory}.copy`, { recursive: true })
      fs.renameSync(directory, `${directory}.old`)
      fs.renameSync(`${directory}.copy`, directory)
      yield* failWith(writesOf(outbox), "unusable", /another file is in its place/)
      const [row] = yield* query(directory, "SELECT state FROM deliveries")
      assert.strictEqual(row?.["state"], "waiting")
    })
  )
})
