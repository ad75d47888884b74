import { Effect } from "effect"
import type { OpenCondition } from "../../domain/Condition.ts"
import type { ChannelName, Message } from "../../domain/Message.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import { queued } from "../deliveries.ts"
import type { JournalFailures } from "../failures.ts"
import { Outbox, type Compared } from "../Outbox.ts"
import { makeRecords } from "../records.ts"
import { makeCalls, type Calls, type Records } from "./calls.ts"
import { deliveryMethods } from "./deliveries.ts"
import { texts } from "./dialect.ts"
import { insertDelivery, insertMessage, type Methods } from "./deliveryRows.ts"
import { sql, type Transactions } from "./transactions.ts"

/** The open conditions and their messages. */
const conditionMethods = (
  { decode, read, transaction }: Calls,
  { conditions, messages }: Records
): Methods<"open" | "compare"> => {
  const rows = sql<{ key: string; condition: string }>`SELECT key, condition FROM conditions ORDER BY key`
  const decodeAll = Effect.forEach(({ condition }: { readonly condition: string }) => decode(conditions, condition))

  const replace = Effect.fnUntraced(function* (known: ReadonlyMap<string, string>, open: ReadonlyArray<OpenCondition>) {
    const byKey = new Map(open.map((each) => [each.condition.key, each]))
    yield* sql`DELETE FROM conditions WHERE key NOT IN (${texts([...byKey.keys()])})`
    for (const [key, each] of byKey) {
      const { text } = yield* conditions.encode(each)
      if (known.get(key) === text) continue
      yield* sql`INSERT INTO conditions (key, condition) VALUES (${key}, ${text})
        ON CONFLICT (key) DO UPDATE SET condition = excluded.condition`
    }
  })

  const queue = Effect.fnUntraced(function* (channels: ReadonlyArray<ChannelName>, wanted: Compared["messages"]) {
    const ids = wanted.map(({ message }) => message.id)
    const rows = yield* sql<{ id: string }>`SELECT id FROM messages WHERE id IN (${texts(ids)})`
    const known = new Set(rows.map(({ id }) => id))
    const written: Array<Message> = []
    for (const { message, notBefore } of wanted) {
      if (known.has(message.id)) continue
      known.add(message.id)
      const { record, text } = yield* messages.encode(message)
      const place = yield* insertMessage(record, text)
      yield* Effect.forEach(new Set(channels), (channel) =>
        insertDelivery(channel, { ...record, place }, queued(notBefore))
      )
      written.push(record)
    }
    return written
  })

  return {
    open: read(Effect.flatMap(rows, decodeAll)).pipe(Effect.withSpan("Outbox.open")),

    compare: Effect.fn("Outbox.compare")(function* (
      channels: ReadonlyArray<ChannelName>,
      decide: (open: ReadonlyArray<OpenCondition>) => Compared
    ) {
      const before = yield* rows
      const { messages, open } = decide(yield* decodeAll(before))
      yield* replace(new Map(before.map(({ condition, key }) => [key, condition])), open)
      return yield* queue(channels, messages)
    }, transaction)
  }
}

/** The outbox as SQL, one transaction for each method. */
export const makeOutbox = (transactions: Transactions, failures: JournalFailures, redact: Redactor): Outbox["Type"] => {
  const calls = makeCalls(transactions, failures)
  const records = makeRecords(redact)
  return Outbox.of({ ...conditionMethods(calls, records), ...deliveryMethods(calls, records, redact) })
}
